"""A month checked before it is sent, by a process of its own: `python -m service.month.check`, what to check on
standard input, what was found on standard output.

It settles as the levy would, into a folder that vanishes, and says what would be refused, by code.
"""

from __future__ import annotations

import base64
import json
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pricing.errors import InputError, LichengError, TariffError
from pricing.tariff import Tariff
from service.auth.keyring import Keyring
from service.json_text import json_bytes
from service.month.answered import eyes_of_sender
from service.month.asked import Asked
from service.month.keys import SenderKeys
from service.month.process import modest
from service.month.run import EXIT_BUG, order_of
from service.telemetry.logs import Log, failure

MOST_ROWS = 50_000  # more are only settled
_MOST_MEMORY = 2 << 30  # bytes
_SPARE_S = 5  # after which it ends itself, where the service that started it has not


@dataclass(frozen=True, slots=True)
class MonthCheck:
    """What to check. upload: the folder of what was sent; tariff: that of the tariff in force; tenant: who sent it;
    seconds: within which it must end.
    """

    asked: Asked
    upload: Path
    tariff: Path
    tenant: str
    secret: bytes = field(repr=False)
    seconds: float

    @property
    def text(self) -> bytes:
        """As it is handed to the process."""
        said = {"upload": str(self.upload.resolve()), "tariff": str(self.tariff.resolve()), "tenant": self.tenant}
        secret = base64.b64encode(self.secret).decode()
        return json.dumps({**said, "asked": self.asked.text, "secret": secret, "seconds": self.seconds}).encode()

    @classmethod
    def read(cls, text: bytes) -> MonthCheck:
        """From what was handed over."""
        said = json.loads(text)
        paths = {name: Path(said[name]) for name in ("upload", "tariff")}
        return cls(**{**said, **paths, "asked": Asked.read(said["asked"]), "secret": base64.b64decode(said["secret"])})


@dataclass(frozen=True, slots=True)
class Found:
    """What a month would come to: totals as in `totals.json`, refusals by code with their sentences and count."""

    totals: Mapping[str, Any]
    refusals: tuple[Mapping[str, Any], ...]


def answer_of(check: MonthCheck) -> bytes:
    """What the process says: what was found, or why the month cannot be settled."""
    try:
        found = _checked(check)
    except LichengError as error:
        values = {name: value if isinstance(value, int) else str(value) for name, value in error.values.items()}
        return json_bytes([error.code, error.place, values, isinstance(error, TariffError)])
    return json_bytes({"totals": found.totals, "refusals": found.refusals})


def found_in(answer: bytes) -> Found:
    """What was found; LichengError where the month cannot be settled."""
    said = json.loads(answer)
    if isinstance(said, dict):
        return Found(said["totals"], tuple(said["refusals"]))
    code, place, values, of_tariff = said
    raise (TariffError if of_tariff else InputError)(code, place, **values)


def _checked(check: MonthCheck) -> Found:
    from service.engines import folder as files
    from service.engines.levy import levy as settle
    from service.month.refused_codes import by_code, seen_codes

    keys, tariff = SenderKeys(Keyring.of(check.secret), check.tenant), Tariff.load(check.tariff)
    with tempfile.TemporaryDirectory(prefix=".check-", dir=check.upload.parent) as name:
        out = Path(name) / "month"
        totals = settle(order_of(check.asked, (check.upload, out), keys, tariff, MOST_ROWS), tariff, _unwatched)
        refused = by_code((out / files.REFUSALS, out / files.SIDE_REFUSALS))
        return Found(totals, seen_codes(refused, eyes_of_sender(keys)))


def _unwatched(stage: str, rows: int) -> None:
    """Nobody waits to hear how far a check is."""


def main() -> None:
    """The process. What goes wrong is logged by its place: what it says may name a worker."""
    check, log = MonthCheck.read(sys.stdin.buffer.read()), Log()
    signal.setitimer(signal.ITIMER_REAL, check.seconds + _SPARE_S)
    threading.excepthook = lambda said: log.error("check_failed", **failure(said.exc_value or SystemExit()))
    try:
        modest(_MOST_MEMORY)
        sys.stdout.buffer.write(answer_of(check))
    except Exception as error:
        log.error("check_failed", **failure(error))
        raise SystemExit(EXIT_BUG) from None
    finally:
        log.close()


if __name__ == "__main__":
    main()
