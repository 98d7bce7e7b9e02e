"""`licheng key`: made once, listed without secrets, rotated with an overlap, revoked; both languages, every refusal."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from pricing.errors import InputError
from service.auth.tokens import Token
from service.cli.here import chain_here
from service.clock import now
from service.store import keys, schema
from service.store.database import connect, database_url, reading, writing
from tests.months import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LICHENG_DATABASE_URL", raising=False)
    return tmp_path / "home"


def made(*arguments: str) -> Any:
    done = run("key", "create", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def listed() -> dict[str, Any]:
    return {one["id"]: one for one in json.loads(run("key", "list", "--json").out)["keys"]}


def span(key: dict[str, Any]) -> dt.timedelta:
    return dt.datetime.fromisoformat(key["expires_at"]) - dt.datetime.fromisoformat(key["created_at"])


def test_a_key_is_shown_once_and_stored_as_a_hash(home: Path) -> None:
    shown = made("--role", "insurer", "--tenant", "picc", "--holder", "Quoting  system")
    token = Token.of(shown["token"])
    assert token is not None
    assert (token.key_id, shown["key"]["holder"], shown["key"]["state"]) == (
        shown["key"]["id"],
        "Quoting system",
        "holds",
    )
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if token.secret.encode() in path.read_bytes()] == []
    for output in (run("key", "list"), run("key", "list", "--json"), run("verify", "--audit", "--json")):
        assert output.code == 0
        assert token.secret not in output.out + output.err


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", ("only time", "Authorization", "expires", "revoked")), ("zh", ("只显示这一次", "请求头", "到期", "撤销"))],
)
def test_pages(home: Path, lang: str, words: tuple[str, ...]) -> None:
    assert run("key", "list").code == 3
    page = run("key", "create", "--role", "actuary", "--holder", "Li Wei", "--lang", lang).out
    token = next(line for line in page.splitlines() if line.startswith("licheng."))
    key_id = token.split(".")[1]
    page += run("key", "rotate", key_id, "--lang", lang).out
    page += run("key", "revoke", key_id, "--lang", lang).out + run("key", "list", "--lang", lang).out
    flat = "".join(page.split())
    assert [word for word in words if "".join(word.split()) not in flat] == []
    assert flat.count(token) == 1


def test_expiry_is_a_span_the_end_of_a_day_or_never(home: Path) -> None:
    actuary = ("--role", "actuary", "--holder", "Li Wei", "--expires")
    assert span(made(*actuary, "90d")["key"]) == dt.timedelta(days=90)
    assert span(made(*actuary, "12h")["key"]) == dt.timedelta(hours=12)
    assert made(*actuary, "2099-01-31")["key"]["expires_at"] == "2099-02-01T00:00:00+08:00"
    assert made(*actuary, "never")["key"]["expires_at"] is None
    assert span(made("--role", "admin", "--holder", "Ops")["key"]) == dt.timedelta(days=365)


def days_of(key: dict[str, str]) -> int:
    """Days for which a key was made."""
    made, ends = (dt.datetime.fromisoformat(key[name]) for name in ("created_at", "expires_at"))
    return round((ends - made) / dt.timedelta(days=1))


def test_rotation_keeps_the_old_key_for_the_overlap_and_no_longer(home: Path) -> None:
    old = made("--role", "platform", "--platform", "meituan", "--holder", "Settlement", "--expires", "90d")["key"]
    shown = json.loads(run("key", "rotate", old["id"], "--overlap", "2h", "--json").out)
    new, replaced = shown["key"], shown["replaced"]
    assert (new["role"], new["tenant"], new["holder"], new["replaces"]) == (
        "platform",
        "meituan",
        "Settlement",
        old["id"],
    )
    assert days_of(new) == days_of(old), "as long as the old one was made for"
    left = dt.datetime.fromisoformat(replaced["expires_at"]) - now()
    assert dt.timedelta(hours=1, minutes=59) < left <= dt.timedelta(hours=2)
    # a longer overlap never lengthens what was shortened
    again = json.loads(run("key", "rotate", old["id"], "--overlap", "7d", "--json").out)
    assert again["replaced"]["expires_at"] == replaced["expires_at"]
    assert days_of(again["key"]) == days_of(old), "not as long as what was shortened"
    assert (
        json.loads(run("key", "rotate", new["id"], "--overlap", "0h", "--json").out)["replaced"]["state"] == "expired"
    )
    assert [one["state"] for one in listed().values()].count("holds") == 3


def test_a_revoked_key_stays_revoked_since_when_it_was(home: Path) -> None:
    key = made("--role", "auditor", "--holder", "Wang Fang")["key"]
    first = json.loads(run("key", "revoke", key["id"], "--json").out)["key"]
    assert (first["state"], listed()[key["id"]]["state"]) == ("revoked", "revoked")
    assert json.loads(run("key", "revoke", key["id"], "--json").out)["key"]["revoked_at"] == first["revoked_at"]
    refused = run("key", "rotate", key["id"])
    assert (refused.code, "[key_holds_no_longer]" in refused.err) == (3, True)
    assert json.loads(run("verify", "--audit", "--json").out)["entries"] == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--role", "god", "--holder", "x"), "request_value"),
        (("--role", "insurer", "--holder", "x"), "key_without_tenant"),
        (("--role", "platform", "--holder", "x"), "key_without_tenant"),
        (("--role", "platform", "--tenant", "meituan", "--holder", "x"), "key_other_tenant"),
        (("--role", "insurer", "--platform", "meituan", "--holder", "x"), "key_other_tenant"),
        (("--role", "insurer", "--tenant", "../picc", "--holder", "x"), "tenant_not_valid"),
        (("--role", "platform", "--platform", "Meituan", "--holder", "x"), "tenant_not_valid"),
        (("--role", "insurer", "--tenant", "didi", "--holder", "x"), "tenant_taken"),
        (("--role", "actuary", "--holder", " "), "key_holder_missing"),
        (("--role", "actuary", "--holder", "x" * 201), "key_holder_missing"),
        (("--role", "actuary", "--holder", "Li\u200bWei"), "person_not_valid"),
        (("--role", "actuary", "--holder", "x", "--expires", "soon"), "key_expiry"),
        (("--role", "actuary", "--holder", "x", "--expires", "2026-02-30"), "key_expiry"),
        (("--role", "actuary", "--holder", "x", "--expires", "2020-01-01"), "key_expiry_past"),
        (("--role", "actuary", "--holder", "x", "--expires", "0d"), "key_expiry_past"),
    ],
)
def test_what_is_refused(home: Path, arguments: tuple[str, ...], code: str) -> None:
    made("--role", "platform", "--platform", "didi", "--holder", "Didi")
    for lang in ("en", "zh"):
        done = run("key", "create", *arguments, "--lang", lang)
        assert (done.code, f"[{code}]" in done.err) == (2, True), done.err
    assert len(listed()) == 1


def test_keys_that_are_not_there(home: Path) -> None:
    assert "[store_missing]" in run("key", "revoke", "k_0123456789abcdef").err
    assert not (home / "licheng.db").exists()
    key = made("--role", "actuary", "--holder", "Li Wei")["key"]
    assert "[key_unknown]" in run("key", "revoke", "k_0123456789abcdef").err
    assert "[key_span]" in run("key", "rotate", key["id"], "--overlap", "forever").err


@pytest.fixture
def store(home: Path) -> Iterator[Engine]:
    """A store without keys, sealed with the secret that commands find."""
    home.mkdir()
    chain = chain_here(make=True)
    engine = connect(database_url("", home), chain)
    schema.upgrade(engine, home=home)
    yield engine
    engine.dispose()


def demonstrated(store: Engine) -> tuple[str, str]:
    """Ids of a demonstration's keys, an insurer's and a platform's."""
    with writing(store) as connection:
        found = keys.demonstration(connection)
    return found.insurer.key_id, found.platform.key_id


def test_the_demonstration_keys_hold_for_a_day(store: Engine) -> None:
    made_keys = demonstrated(store)
    with reading(store) as connection:
        found = [keys.find(connection, key_id) for key_id in made_keys]
    assert [(key.role, key.tenant) for key in found if key] == [
        ("insurer", "demonstration-insurer"),
        ("platform", "meituan"),
    ]
    assert all(key and span(key.plain(now())) == dt.timedelta(hours=24) for key in found)


@pytest.mark.parametrize(
    ("lang", "words", "said"),
    [("en", "demonstration key", "Demonstration keys, which nobody holds"), ("zh", "演示密钥", "演示密钥，无持有人")],
)
def test_a_demonstration_key_is_listed_as_one_and_none_can_be_made(
    store: Engine, lang: str, words: str, said: str
) -> None:
    key_id = demonstrated(store)[1]
    assert {one["demonstration"] for one in listed().values()} == {True}
    page = "".join(run("key", "list", "--lang", lang).out.split())
    assert "".join(said.split()) in page
    assert page.count(key_id) == 2, "in its row, and named as one to try the service with"
    with reading(store) as connection:
        key = keys.find(connection, key_id)
    assert key is not None
    mark = ("--role", "platform", "--platform", "meituan", "--holder", key.holder)
    assert "[key_holder_missing]" in run("key", "create", *mark).err
    assert words in run("key", "revoke", key_id, "--lang", lang).out


def test_what_a_demonstration_key_is_rotated_to_ends_with_the_demonstration(store: Engine) -> None:
    key_id = demonstrated(store)[0]
    rotated = json.loads(run("key", "rotate", key_id, "--expires", "never", "--json").out)["key"]
    assert (rotated["demonstration"], rotated["state"]) == (True, "holds")
    keys.end_left_demonstrations(store)
    assert [one["state"] for one in listed().values()] == ["revoked"] * 3
    assert run("verify", "--audit").code == 0


def test_a_key_of_a_caller_ends_the_demonstration_and_none_begins_beside_it(store: Engine) -> None:
    demonstrated(store)
    real = made("--role", "platform", "--platform", "meituan", "--holder", "Settlement")["key"]
    assert {one["id"] for one in listed().values() if one["state"] == "holds"} == {real["id"]}
    for _ in range(2):  # also where it no longer holds
        with pytest.raises(InputError) as refused:
            demonstrated(store)
        assert refused.value.code == "unsafe_demo_keys"
        run("key", "revoke", real["id"])
