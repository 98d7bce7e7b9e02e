"""How a new tariff is born: simulated data, and in time the pipelines that fit and judge tables."""
