"""How a new tariff is born: simulated data, steps that fit and judge tables, candidates, the record of all of it."""
