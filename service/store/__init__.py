"""The store: what the service keeps in a database, SQLite by default, PostgreSQL by one setting."""
