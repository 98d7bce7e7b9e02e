"""Settings of a running service: from the command line, else from the environment, else the embedded default."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve. demo: a demonstration key on loopback; secret: from which all keys of the service derive."""

    host: str
    port: int
    home: Path
    releases: Path
    database: str
    secret: bytes
    demo: bool = False
    quote_days: int = 30  # how long a stored quote is valid
    most_body: int = 2_000_000  # bytes of a JSON body
    most_upload: int = 1_000_000_000  # bytes of an uploaded month
    most_rows: int = 1_000_000  # usage rows of an uploaded month
    most_batch: int = 10_000  # requests in one batch
    per_minute: int = 60_000  # requests of one key
