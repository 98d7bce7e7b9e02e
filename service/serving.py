"""Settings of a running service: from the command line, else from the environment, else the embedded default."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.serving_found import Found, found


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve. demo: a demonstration key on loopback; secret: from which all keys of the service derive.

    A field that the environment may set stands in `service.serving_found.SETTINGS` too.
    """

    host: str
    port: int
    home: Path
    releases: Path
    database: str = field(repr=False)
    secret: bytes = field(repr=False)
    demo: bool = False
    quote_days: int = 30  # how long a stored quote is valid
    most_body: int = 2_000_000  # bytes of a JSON body
    most_upload: int = 1_000_000_000  # bytes of an uploaded month
    most_rows: int = 1_000_000  # usage rows of an uploaded month
    most_batch: int = 10_000  # requests in one batch
    bodies_in_flight: int = 64_000_000  # bytes of all bodies in memory at once
    uploads_in_flight: int = 2_000_000_000  # bytes of all uploads that are received at once
    uploads_of_key: int = 4  # uploads of one key that are received at once
    quotes_per_day: int = 1_000_000  # quotes of one key that are stored in a day
    per_minute: int = 60_000  # requests of one key
    address_per_minute: int = 6_000  # requests without a key from one address
    runs: int = 1  # months settled at once
    body_seconds: int = 30  # for the whole body of a request but an upload
    stop_seconds: int = 20  # for what is in flight when the service stops
    connections: int = 2_000  # open at once; more are told to come back
    proxies: str = ""  # addresses whose X-Forwarded-For is believed, with commas between
    metrics_token: str = field(default="", repr=False)  # with it, /metrics is not for loopback alone
    lang: str = "en"  # where a request asks for none
    log_level: str = "info"  # the lowest that is logged; requests are info, failures are errors

    @classmethod
    def of(cls, environ: Mapping[str, str], options: Mapping[str, Any] | None = None) -> Serving:
        """Settings of a service; InputError of the first that is wrong. options: of the command line, None: not given.

        Without a secret the embedded default makes one in the data folder, for its owner alone.
        """
        return cls.from_found(found(environ, options or {}, make_secret=True))

    @classmethod
    def from_found(cls, settings: Found) -> Serving:
        """Settings as they were found; InputError of the first that is wrong."""
        if settings.wrong:
            raise settings.wrong[0]
        values = {name: given.value for name, given in settings.given.items() if name != "tariff"}
        return cls(releases=values["home"] / "releases", database=values.pop("database_url"), **values)

    @property
    def loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own; an unknown name is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
