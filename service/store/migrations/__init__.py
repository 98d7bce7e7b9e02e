"""Alembic's steps from schema to schema; a released one is never changed, only followed by another."""
