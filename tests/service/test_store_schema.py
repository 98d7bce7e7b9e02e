"""The store's schema: what migrations make is what the tables say, from every schema that was ever released."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy.exc import DBAPIError

from pricing.errors import InputError
from service.releases.audit_check import Head, check
from service.store import schema
from service.store.audit import Act, append, entries
from service.store.database import Engine, connect, reading, writing
from service.store.tables import metadata
from tests.service.secrets import CHAIN

# One row of each table of a schema, as a program of that time wrote it.
_FIRST: dict[str, dict[str, Any]] = {
    "keys": {"id": "k_1", "secret_sha256": "sha256:1", "role": "insurer", "tenant": "house", "holder": "Wang"},
    "quotes": {
        **{"id": "q_1", "key_id": "k_1", "tenant": "house", "worker_key": "w_1", "valid_until": "2026-12-26"},
        **{"month": "2026-10", "known_on": "2026-11-26", "edition": "sha256:2", "release": 0},
        **{"request": b"sealed", "answer": b"sealed too", "answer_sha256": "sha256:3"},
    },
    "levies": {
        "id": "lv_1",
        "key_id": "k_1",
        "tenant": "house",
        "month": "2026-10",
        "state": "done",
        "order": "{}",
    },
    "idempotency": {"key_id": "k_1", "idempotency_key": "one", "route": "POST /v1/quotes", "claim": "c_1"},
    "audit": {
        **{"number": 1, "at": "2026-11-26T10:00:00+08:00", "actor": "operator", "action": "key.created"},
        **{"subject": "k_1", "detail": "{}", "hash": "sha256:4"},
    },
    "erasures": {"worker_key": "w_9", "erased_at": "2026-11-26T10:00:00+08:00"},
}
ROWS = {
    "0001": _FIRST,
    "0002": {**_FIRST, "ended_sessions": {"id": "se_1", "until": "2026-11-26T10:00:00+08:00"}},
}
ROWS["0003"] = {**ROWS["0002"], "levies": {**_FIRST["levies"], "receipt": "sha256:5"}}
ROWS["0004"] = {**ROWS["0003"], "levies": {**ROWS["0003"]["levies"], "lost": 2}}
TIME = "2026-11-26T10:00:00+08:00"


def fill(connection: Connection, revision: str) -> None:
    """Put a row into every table, with SQL that knows nothing of today's tables."""
    there = MetaData()
    there.reflect(connection)
    for name, row in ROWS[revision].items():
        table: Table = there.tables[name]
        made = row | ({"created_at": TIME} if "created_at" in table.c else {})
        names = ", ".join(f'"{key}"' for key in made)
        values = ", ".join(f":{key}" for key in made)
        connection.execute(text(f'INSERT INTO "{name}" ({names}) VALUES ({values})'), made)


def test_every_released_schema_has_rows_to_upgrade() -> None:
    assert list(ROWS) == schema.revisions()


@pytest.mark.parametrize("revision", ROWS)
def test_a_database_of_an_earlier_schema_is_upgraded_with_its_rows(database: str, revision: str) -> None:
    engine = connect(database, CHAIN)
    schema.upgrade(engine, revision)
    with writing(engine) as connection:
        fill(connection, revision)
    schema.upgrade(engine)
    with reading(engine) as connection:
        for name, row in ROWS[revision].items():
            found = connection.execute(metadata.tables[name].select()).mappings().first()
            assert found is not None
            assert {key: found[key] for key in row} == row
    assert schema.current(engine) == schema.revisions()[-1]
    engine.dispose()


def test_the_log_of_an_earlier_schema_is_keyed_from_its_upgrade_on(database: str, tmp_path: Path) -> None:
    engine = connect(database, CHAIN)
    schema.upgrade(engine, "0001")
    with writing(engine) as connection:
        first = {"number": 1, "at": TIME, "actor": "operator", "action": "test.done", "subject": "x"}
        first |= {"request_id": None, "detail": "{}", "previous": None}
        said = json.dumps(first, sort_keys=True, separators=(",", ":"))
        sealed = "sha256:" + hashlib.sha256(said.encode()).hexdigest()
        connection.execute(metadata.tables["audit"].insert(), {**first, "hash": sealed})
    for _ in range(2):
        schema.upgrade(engine)
    with reading(engine) as connection:
        found, log = check(connection, [Head(1, sealed)], tmp_path), list(entries(connection))
    assert [(entry.action, entry.hash.split(":")[0]) for entry in log] == [
        ("test.done", "sha256"),
        ("audit.keyed", "hmac-sha256"),
    ]
    assert (found["whole"], found["unkeyed"], found["entries"]) == (True, 1, 2)
    engine.dispose()


@pytest.mark.parametrize("revision", [*list(ROWS)[:-1], None])
def test_the_log_of_an_earlier_schema_is_verified_after_its_upgrade(
    database: str, tmp_path: Path, revision: str | None
) -> None:
    engine = connect(database, CHAIN)
    if revision is not None:
        schema.upgrade(engine, revision)
    with pytest.raises(InputError, match="licheng store upgrade") as error, reading(engine) as connection:
        check(connection, [], tmp_path)
    assert (error.value.code, error.value.values["found"]) == ("store_older", revision or "—")
    assert schema.current(engine) == revision
    schema.upgrade(engine)
    with reading(engine) as connection:
        assert check(connection, [], tmp_path)["whole"]
    engine.dispose()


def test_the_hash_of_an_answer_that_was_erased_goes_with_the_upgrade(database: str) -> None:
    engine = connect(database, CHAIN)
    schema.upgrade(engine, "0001")
    with writing(engine) as connection:
        fill(connection, "0001")
        connection.execute(text("UPDATE quotes SET request = NULL, answer = NULL, erased_at = :at"), {"at": TIME})
    schema.upgrade(engine)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT answer_sha256 FROM quotes")).scalars().all() == [None]
    engine.dispose()


def test_migrations_make_what_the_tables_say(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
        there = set(inspect(connection).get_table_names())
    assert found == []
    assert there == {*metadata.tables, "alembic_version"}


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    schema.upgrade(engine)
    assert schema.current(engine) == schema.revisions()[-1]


def test_a_newer_programs_database_is_refused_and_left(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="9999") as error:
        schema.upgrade(engine)
    assert error.value.code == "store_newer"
    assert schema.current(engine) == "9999"


def check_only_grows(engine: Engine, change: str) -> None:
    """The database refuses a change of the log, and the log is as it was."""
    with writing(engine) as connection:
        append(connection, Act("operator", "key.created", "k_1"))
    with pytest.raises(DBAPIError, match="the audit log only grows"), writing(engine) as connection:
        connection.execute(text(change))
    with reading(engine) as connection:
        assert [entry.actor for entry in entries(connection)] == ["operator"]


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_audit_log_only_grows(engine: Engine, change: str) -> None:
    check_only_grows(engine, change)


def test_the_audit_log_is_neither_replaced_nor_emptied_at_once(engine: Engine) -> None:
    columns = "number, at, 'nobody', action, subject, request_id, detail, previous, hash"
    replaced = f"REPLACE INTO audit SELECT {columns} FROM audit"
    change = replaced if engine.dialect.name == "sqlite" else "TRUNCATE audit"
    check_only_grows(engine, change)
