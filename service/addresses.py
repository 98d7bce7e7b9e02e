"""Addresses of the service by what holds at them: each list of prefixes stands here, and nowhere else."""

from __future__ import annotations

LEVIES, MONTHS = "/v1/levies", "/months"
CHECKS = f"{MONTHS}/check"
UPLOADS = (LEVIES, MONTHS, CHECKS)  # take a month of usage
BATCHES = ("/v1/prices", "/v1/declarations")  # take many requests at once
PROBES = ("/status/", "/metrics")  # who probes is never told to come back later
# Where a key is asked for, and counted once it is known to hold; elsewhere one that is sent along changes nothing.
KEYED = tuple(f"/v1/{name}" for name in ("prices", "quotes", "declarations", "levies", "workers", "audit"))
MACHINES = ("/v1", "/status", "/metrics", "/openapi.json", "/static")  # where no problem is shown as a page
