"""Settings of a running service: from the command line, else from the environment, else the embedded default."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from service.serving_found import Found


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve. demo: a demonstration key on loopback; secret: from which all keys of the service derive.

    How each is read, and what it is where nobody says, stands in `service.serving_found.SETTINGS`.
    """

    host: str
    port: int
    home: Path
    releases: Path
    tariff: Path | None  # a folder that is used whatever was released
    database: str = field(repr=False)
    secret: bytes = field(repr=False)
    demo: bool
    quote_days: int  # how long a stored quote is valid
    most_body: int  # bytes of a JSON body
    most_upload: int  # bytes of an uploaded month
    most_rows: int  # usage rows of an uploaded month, and rows of each side file
    most_batch: int  # requests in one batch
    bodies_in_flight: int  # bytes of all bodies in memory at once
    uploads_in_flight: int  # bytes of all uploads that are received at once
    uploads_of_key: int  # uploads of one key that are received at once
    quotes_per_day: int  # quotes of one key that are stored in a day
    per_minute: int  # requests of one key
    address_per_minute: int  # requests without a key from one address
    runs: int  # months settled at once; a small one may run beside them
    run_minutes: int  # for one run of a month
    body_seconds: int  # for the whole body of a request but an upload
    least_rate: int  # bytes a second that a body must come with
    slow_seconds: int  # for which a body may come with fewer
    stop_seconds: int  # for what is in flight when the service stops
    connections: int  # open at once; more are told to come back
    proxies: str  # addresses whose X-Forwarded-For is believed, with commas between
    metrics_token: str = field(repr=False)  # with it, /metrics is not for loopback alone
    lang: str  # where a request asks for none
    log_level: str  # the lowest that is logged; requests are info, failures are errors

    @classmethod
    def from_found(cls, settings: Found) -> Serving:
        """Settings as they were found; InputError of the first that is wrong."""
        if settings.wrong:
            raise settings.wrong[0]
        values = {name: given.value for name, given in settings.given.items()}
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
