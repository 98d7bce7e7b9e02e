"""The mark that the audit log was keyed: a file of the data folder, where who has the database alone cannot reach it.

Else such a person could seal the whole log anew as an earlier program did, take the schema back, and have the next
upgrade vouch for it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from pricing.errors import InputError
from service.disk import write_whole
from service.store.audit import chain_of, mark_of
from service.store.database import CHAIN

NAME = "audit-keyed"


def check_not_keyed(connection: Connection, home: Path) -> None:
    """InputError where the log of this data folder was keyed before, so that it cannot be keyed a first time."""
    if _stands(connection, home):
        raise InputError("audit_keyed_before", str(home / NAME), file=home / NAME)


def check_not_left(chain: bytes, home: Path) -> None:
    """InputError where the database is to be made, and the mark says that this data folder had one. chain: the key
    that the log would be sealed with.
    """
    if _is_of(chain, home):
        raise InputError("store_left_behind", str(home / NAME), file=home / NAME)


def put(connection: Connection, home: Path) -> None:
    """Write the mark where it does not stand; without the secret nothing is written, as in the log itself."""
    if connection.get_execution_options().get(CHAIN) is None or _stands(connection, home):
        return
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(home / NAME, _text(chain_of(connection)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("home_not_writable", "LICHENG_HOME", folder=home, reason=reason) from None


def _stands(connection: Connection, home: Path) -> bool:
    """Whether the mark of this secret stands there: that of another store's is none of ours."""
    return _is_of(chain_of(connection), home)


def _is_of(chain: bytes, home: Path) -> bool:
    path = home / NAME
    return path.is_file() and path.read_bytes() == _text(chain)


def _text(chain: bytes) -> bytes:
    return f"{mark_of(chain, 'the audit log is keyed')}\n".encode()
