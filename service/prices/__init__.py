"""Prices: requests read, settled together, and answered."""
