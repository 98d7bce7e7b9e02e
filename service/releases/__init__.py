"""Approvals, releases and rollbacks of a tariff."""
