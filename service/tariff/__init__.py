"""What the tariff says: in force, over time, and how two of them differ."""
