"""What is looked at before a service opens its door: what it was told, what it stands on, and what would be unsafe."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pricing.errors import InputError, LichengError
from pricing.tariff import Tariff
from pricing.words import Phrase
from service.auth.keyring import Keyring
from service.clock import now
from service.operations.listening import check_free
from service.refusals import both, of_error
from service.releases.history import DEMONSTRATION, in_force
from service.releases.release_standing import logged_standing
from service.serving import Serving
from service.serving_found import Found, Given, found
from service.store import keyed_mark, schema, sealed_with
from service.store.counts import KeysHeld, keys_held
from service.store.database import connect, reading, sqlite_file
from service.store.unavailable import StoreNotAvailable


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found. notes: what it would stand on; wrong: why it may not be served like this.

    serving: the settings, None where they are not whole.
    """

    given: tuple[Given, ...]
    notes: tuple[Phrase, ...]
    wrong: tuple[LichengError, ...]
    serving: Serving | None

    def plain(self) -> dict[str, Any]:
        """As `licheng serve --check --json` prints it."""
        return {
            "format": 1,
            "settings": [{"setting": one.variable, "value": one.shown, "source": one.source} for one in self.given],
            "notes": [both(note.code, **note.values) for note in self.notes],
            "errors": [of_error(error) for error in self.wrong],
        }


def checked(environ: Mapping[str, str], options: Mapping[str, Any], starting: bool) -> Checked:
    """Look at everything, and go on after what is wrong. starting: make a secret that is missing."""
    settings: Found = found(environ, options)
    wrong: list[LichengError] = list(settings.wrong)
    notes: list[Phrase] = []
    serving = None if wrong else Serving.from_found(settings)
    if serving is not None:
        for look in (_home, _tariff):
            _gathered(look, serving, notes, wrong)
        keys = _gathered(_database, serving, notes, wrong) or KeysHeld()
        if not wrong:
            _gathered(_recorded, serving, notes, wrong)
        unsafe = _unsafe(serving, keys)
        wrong += unsafe
        if not (starting or unsafe):  # a start takes the port itself
            _gathered(_port, serving, notes, wrong)
    if starting and not wrong:  # last, so that no secret is made where an earlier one is lost
        settings = found(environ, options, make_secret=True)
        wrong += settings.wrong
        serving = None if wrong else Serving.from_found(settings)
    return Checked(tuple(settings.given.values()), tuple(notes), tuple(wrong), serving)


T = TypeVar("T")


def _gathered(
    look: Callable[[Serving, list[Phrase]], T], serving: Serving, notes: list[Phrase], wrong: list[LichengError]
) -> T | None:
    try:
        return look(serving, notes)
    except StoreNotAvailable as error:
        wrong.append(InputError("database_not_reached", "LICHENG_DATABASE_URL", reason=" ".join(error.reason.split())))
    except LichengError as error:
        wrong.append(error)
    return None


def _home(serving: Serving, notes: list[Phrase]) -> None:
    """The data folder, or the one that it will be made in, takes files."""
    folder = next(one for one in (serving.home, *serving.home.absolute().parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError("home_not_writable", "LICHENG_HOME", folder=folder, reason=error.strerror) from None
    notes.append(Phrase("check_home", {"folder": serving.home}))


def _tariff(serving: Serving, notes: list[Phrase]) -> None:
    """What would answer loads."""
    if serving.tariff is not None:
        Tariff.load(serving.tariff)
        notes.append(Phrase("check_tariff_named", {"folder": serving.tariff}))
        return
    standing = in_force(serving.releases)
    Tariff.load(standing.folder)
    shipped = standing.number == DEMONSTRATION
    notes.append(Phrase("check_demonstration" if shipped else "check_release", {"number": standing.number}))


def _database(serving: Serving, notes: list[Phrase]) -> KeysHeld:
    """The store answers, at a schema that this program knows, sealed with this secret; which keys hold in it."""
    file = sqlite_file(serving.database)
    if file is not None and not file.exists():
        if file.parent != serving.home and not file.parent.is_dir():
            raise InputError("folder_missing", "LICHENG_DATABASE_URL", folder=file.parent)
        _check_not_left(serving)
        notes.append(Phrase("check_store_new", {"file": file}))
        return KeysHeld()
    engine = connect(serving.database, Keyring.of(serving.secret).chaining if serving.secret else None)
    try:
        standing, known = schema.current(engine), schema.revisions()
        if standing is None:
            _check_not_left(serving)
            notes.append(Phrase("check_store_empty", {}))
            return KeysHeld()
        if standing not in known:
            raise InputError("store_newer", "LICHENG_DATABASE_URL", found=standing, known=known[-1])
        with reading(engine) as connection:
            held = keys_held(connection, now())
            sealed = sealed_with.is_sealed(connection)
        if sealed and not serving.secret:
            raise InputError("secret_lost", "LICHENG_SECRET")
        sealed_with.check(engine, serving.secret)
    finally:
        engine.dispose()
    code = "check_store" if standing == known[-1] else "check_store_older"
    notes.append(Phrase(code, {"schema": standing, "known": known[-1], "keys": held.keys}))
    if held.demonstration:
        notes.append(Phrase("check_demo_keys", {"keys": held.demonstration}))
    return held


def _check_not_left(serving: Serving) -> None:
    """InputError where the store is to be made, and the data folder had one that was sealed with this secret."""
    if serving.secret:
        keyed_mark.check_not_left(Keyring.of(serving.secret).chaining, serving.home)


def _recorded(serving: Serving, notes: list[Phrase]) -> None:
    """The log's last release stands in history, where that is asked for: the one that would answer, named where history
    ends with another.
    """
    file = sqlite_file(serving.database)
    if serving.tariff is not None or (file is not None and not file.exists()):
        return
    engine = connect(serving.database)
    try:
        if schema.current(engine) is not None:
            logged, last = logged_standing(engine, serving.releases), in_force(serving.releases)
            if logged.event != last.event:
                notes.append(Phrase("check_not_recorded", {"number": last.number, "recorded": logged.number}))
    finally:
        engine.dispose()


def _port(serving: Serving, notes: list[Phrase]) -> None:
    """The address can be listened on."""
    check_free(serving)
    code = "check_port" if serving.port else "check_port_any"
    notes.append(Phrase(code, {"host": serving.host, "port": serving.port}))


def _unsafe(serving: Serving, held: KeysHeld) -> list[InputError]:
    """What would let strangers in, or show whoever tries the service what is not theirs."""
    if serving.demo:
        return _unsafe_demo(serving, held)
    if serving.loopback or held.keys:
        return []
    return [InputError("unsafe_without_keys", "LICHENG_HOST", host=serving.host)]


def _unsafe_demo(serving: Serving, held: KeysHeld) -> list[InputError]:
    wrong = [] if serving.loopback else [InputError("unsafe_demo", "--demo", host=serving.host)]
    if serving.proxies:
        wrong.append(InputError("unsafe_demo_proxies", "--demo", proxies=serving.proxies))
    if held.others_ever:
        wrong.append(InputError("unsafe_demo_keys", "--demo"))
    return wrong


def home_made(folder: Path) -> None:
    """The data folder, for its owner alone where it is made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
