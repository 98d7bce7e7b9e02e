"""A log that was keyed once is not keyed a second time: who has the database alone cannot have a forgery sealed."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pricing.errors import InputError
from service.operations.backup import save
from service.operations.restore import restore
from service.store import keyed_mark, keys, schema
from service.store.audit import entries
from service.store.database import Engine, connect, reading, writing
from tests.service.secrets import CHAIN, SECRET
from tests.service.test_audit import by_hand
from tests.service.test_audit_contents import chained

WANTED = keys.Wanted("admin", "house", "Zhao Min")


def taken_back(engine: Engine) -> None:
    """The log sealed as the first program did, and the database as if it were that program's."""
    with reading(engine) as connection:
        said = [dict(row) for row in connection.execute(text("SELECT * FROM audit ORDER BY number")).mappings()]
    by_hand(
        engine,
        "DELETE FROM audit",
        "DROP TABLE ended_sessions",
        "ALTER TABLE levies DROP COLUMN receipt",
        "ALTER TABLE levies DROP COLUMN lost",
        "UPDATE alembic_version SET version_num = '0001'",
    )
    with writing(engine) as connection:
        for entry in chained([{**one, "actor": "somebody else"} for one in said], None):
            names = ", ".join(entry)
            connection.execute(text(f"INSERT INTO audit ({names}) VALUES (:{', :'.join(entry)})"), entry)


def filled(database: str, home: Path) -> Engine:
    engine = connect(database, CHAIN)
    schema.upgrade(engine, home=home)
    with writing(engine) as connection:
        keys.create(connection, WANTED, "operator")
    return engine


def actions(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [entry.action for entry in entries(connection)]


def test_a_log_that_was_taken_back_is_not_sealed(database: str, tmp_path: Path) -> None:
    engine = filled(database, tmp_path)
    taken_back(engine)
    with pytest.raises(InputError) as caught:
        schema.upgrade(engine, home=tmp_path)
    assert caught.value.code == "audit_keyed_before"
    assert (schema.current(engine), actions(engine)) == ("0001", ["key.created"])
    engine.dispose()


def test_another_data_folder_has_the_mark_from_its_first_start_on(database: str, tmp_path: Path) -> None:
    engine = filled(database, tmp_path / "one")
    schema.upgrade(engine, home=tmp_path / "two")
    taken_back(engine)
    with pytest.raises(InputError):
        schema.upgrade(engine, home=tmp_path / "two")
    engine.dispose()


def test_a_mark_of_another_secret_is_none(database: str, tmp_path: Path) -> None:
    (tmp_path / keyed_mark.NAME).write_text("hmac-sha256:00\n", encoding="ascii")
    engine = connect(database, CHAIN)
    schema.upgrade(engine, "0001")
    schema.upgrade(engine, home=tmp_path)
    assert schema.current(engine) == schema.revisions()[-1]
    assert (tmp_path / keyed_mark.NAME).read_text(encoding="ascii") != "hmac-sha256:00\n"
    engine.dispose()


def test_a_backup_takes_the_mark_along(tmp_path: Path) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    home.mkdir()
    engine = filled(f"sqlite:///{home / 'licheng.db'}", home)
    taken_back(engine)
    engine.dispose()
    save(home, home / "licheng.db", tmp_path / "saved.tar")
    with pytest.raises(InputError) as caught:
        restore(tmp_path / "saved.tar", restored, secret=SECRET, into=restored / "licheng.db", keep=[keys.ALL])
    assert caught.value.code == "audit_keyed_before"
    (home / keyed_mark.NAME).unlink()  # as of an earlier program
    save(home, home / "licheng.db", tmp_path / "earlier.tar")
    restore(tmp_path / "earlier.tar", restored, secret=SECRET, into=restored / "licheng.db", keep=[keys.ALL])
    assert (restored / keyed_mark.NAME).is_file()
