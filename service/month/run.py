"""One month settled by a process of its own: `python -m service.month.run ID`, its settings on standard input.

It holds the levy's folder, claims the levy in the store, settles it into the folder as the command line would, and says
how it ended. Whenever it dies, another run begins anew, or finds the published folder and only says so.
"""

from __future__ import annotations

import base64
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pricing.errors import LichengError, TariffError
from pricing.tariff import Tariff
from service.auth.keyring import Keyring
from service.engines.sealed_words import known_words
from service.json_text import json_bytes
from service.month.asked import Asked
from service.month.folders import LevyFolder
from service.month.kept_error import kept_error
from service.month.keys import SenderKeys
from service.month.process import modest
from service.month.pulse import Pulse, Superseded
from service.month.stop_signal import StopSignal
from service.releases.release_standing import logged_standing
from service.serving import Serving
from service.store import levies
from service.store.database import Connection, Engine, connect, writing
from service.store.levies import Ended, Levy
from service.store.unavailable import StoreNotAvailable
from service.tariff.held import Tariffs
from service.telemetry.logs import Log, failure

T = TypeVar("T")
_TRIES, _PAUSE_S = 30, 2.0  # to reach the store when all is done
# Bytes: a file that unfolds without end is refused before the machine has none left. Of any month, and of a small one.
MOST_MEMORY, SMALL_MEMORY = 6 << 30, 2 << 30
_SPARE_S = 60  # after its longest time, when it ends itself where no service does
EXIT_BUG = 70


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run needs to know of the service that started it. runner: how the store calls this run; most_memory: that
    it may take [bytes]; seconds: after which it ends itself, later than its service would end it.
    """

    home: str
    releases: str
    tariff: str | None
    database: str = field(repr=False)
    secret: bytes = field(repr=False)
    most_rows: int
    runner: str
    most_memory: int
    seconds: int

    @classmethod
    def of(cls, serving: Serving, runner: str, most_memory: int = MOST_MEMORY) -> RunSettings:
        """From the settings of the service."""
        home, releases = (str(path.resolve()) for path in (serving.home, serving.releases))
        tariff = None if serving.tariff is None else str(serving.tariff.resolve())
        seconds = serving.run_minutes * 60 + _SPARE_S
        texts = (home, releases, tariff, serving.database)
        return cls(*texts, serving.secret, serving.most_rows, runner, most_memory, seconds)

    def tariffs(self, engine: Engine) -> Tariffs:
        """What is in force for that service."""
        named = None if self.tariff is None else Path(self.tariff)
        return Tariffs(Path(self.releases), named, partial(logged_standing, engine))

    @property
    def text(self) -> bytes:
        """As it is handed to the process."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return json.dumps({**said, "secret": base64.b64encode(self.secret).decode()}).encode()

    @classmethod
    def read(cls, text: bytes) -> RunSettings:
        """From what was handed over."""
        said = json.loads(text)
        return cls(**{**said, "secret": base64.b64decode(said["secret"])})


def run(levy_id: str, settings: RunSettings, stop: StopSignal) -> None:
    """Settle a levy, if it is still to be settled and nobody else is at it. KeyboardInterrupt once it was told to stop
    and has handed the levy back.
    """
    folder = LevyFolder(Path(settings.home), levy_id)
    engine = connect(settings.database, Keyring.of(settings.secret).chaining)
    try:
        with folder.held() as ours:
            if not ours:
                return
            with writing(engine) as connection:
                levy = levies.claim(connection, levy_id, settings.runner)
            if levy is not None:
                _settle_and_say(levy, folder, settings, engine, stop)
    finally:
        engine.dispose()


def _settle_and_say(levy: Levy, folder: LevyFolder, settings: RunSettings, engine: Engine, stop: StopSignal) -> None:
    """Settle, then tell the store; the levy is given back where the run is told to stop, and where the store or the
    tariff in force is out of reach: nothing is wrong with the month then, and it is settled when they are back.
    """
    try:
        with stop.heard(), Pulse(engine, levy.id, settings.runner) as pulse:
            folder.tidy()
            ended = _settled(levy, folder, settings, (engine, pulse))
    except (KeyboardInterrupt, StoreNotAvailable, TariffError):
        _told(engine, partial(levies.hand_back, levy_id=levy.id, runner=settings.runner))
        raise
    except Superseded:
        return
    folder.drop_upload()  # how it ended is on the disk: whoever comes after a crash tells the store the same
    _told(engine, partial(levies.finish, levy_id=levy.id, runner=settings.runner, ended=ended))


def _settled(levy: Levy, folder: LevyFolder, settings: RunSettings, going: tuple[Engine, Pulse]) -> Ended:
    """The published month, or what was wrong with it; what an earlier run came to is not done again. TariffError and
    StoreNotAvailable where there is no tariff to settle it by.
    """
    from service.engines.levy import levy as settle

    if folder.month.is_dir():
        return _published(folder)
    if folder.error.is_file():
        return Ended(error=folder.error.read_text(encoding="utf-8"))
    asked = Asked.read(levy.order)
    engine, pulse = going
    keys = SenderKeys(Keyring.of(settings.secret), levy.tenant)
    tariff = settings.tariffs(engine).now().tariff
    try:
        order = order_of(asked, (folder.upload, folder.month), keys, tariff, settings.most_rows)
        settle(order, tariff, pulse.progress)
    except LichengError as error:
        folder.fail(json_bytes(kept_error(error, _names(asked, folder, tariff), keys, tariff)))
        return Ended(error=folder.error.read_text(encoding="utf-8"))
    return _published(folder)


def _published(folder: LevyFolder) -> Ended:
    from service.engines import folder as files

    folder.keep_month()
    rows = json.loads((folder.month / files.TOTALS).read_text(encoding="utf-8"))["rows"]
    return Ended(int(rows), files.sha256(folder.month / files.RECEIPT))


def order_of(asked: Asked, folders: tuple[Path, Path], keys: SenderKeys, tariff: Tariff, most_rows: int) -> Any:
    """The order as the engines take it. folders: where the sent files lie, and where the month is to lie; most_rows: of
    usage that are read.
    """
    from service.engines.order import Order, Upload
    from service.engines.previous import sent_register
    from service.fields import read_date, read_month

    upload, out = folders
    paths: dict[str, list[Path]] = {}
    for file in asked.files:
        paths.setdefault(file.part, []).append(upload / file.name)
    sides = {part: paths[part][0] for part in ("enrolments", "history") if part in paths}
    known_on = read_date(asked.known_on, "known_on")
    assert known_on is not None
    return Order(
        sources=tuple(paths["usage"]),
        month=read_month(asked.month, "month"),
        register=tuple(row for path in paths.get("platforms", ()) for row in sent_register(str(path))),
        known_on=known_on,
        schemes=asked.schemes,
        out=out,
        demonstration=asked.demonstration,
        covers=asked.covers,
        unfinished=asked.unfinished,
        upload=Upload(asked.names(upload), keys, known_words(tariff), asked.own, most_rows),
        **sides,
    )


def _names(asked: Asked, folder: LevyFolder, tariff: Tariff) -> dict[str, str]:
    """What the sender is told instead of our paths, the longest first."""
    files = {str(path): name for path, name in asked.names(folder.upload).items()}
    return {**files, str(folder.month): "month", str(folder.root): "levy", str(tariff.folder): "tariff"}


def _told(engine: Engine, work: Callable[[Connection], T]) -> T:
    """What the store answered; while it does not answer, wait."""
    for _ in range(_TRIES):
        try:
            with writing(engine) as connection:
                return work(connection)
        except StoreNotAvailable:
            time.sleep(_PAUSE_S)
    with writing(engine) as connection:
        return work(connection)


def main() -> None:
    """The process."""
    stop = StopSignal()
    stop.listen()
    log, levy_id = Log(), sys.argv[1]
    # What happened and where, never what it says: that may name a worker.
    threading.excepthook = lambda said: log.error("run_failed", levy=levy_id, **failure(said.exc_value or SystemExit()))
    try:
        settings = RunSettings.read(sys.stdin.buffer.read())
        signal.setitimer(signal.ITIMER_REAL, settings.seconds)
        modest(settings.most_memory)
        run(levy_id, settings, stop)
    except KeyboardInterrupt:
        log.info("run_interrupted", levy=levy_id)
    except Exception as error:
        log.error("run_failed", levy=levy_id, **failure(error))
        raise SystemExit(EXIT_BUG) from None
    finally:
        log.close()


if __name__ == "__main__":
    main()
