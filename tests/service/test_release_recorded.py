"""A release that the audit log does not end with is not served where approvals need keys, until it is recorded."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from pricing.errors import InputError, TariffError
from service.app import create_app
from service.releases.files import locked
from service.releases.history import folder_of
from service.releases.release_standing import checked_standing, logged_standing, record, record_missing
from service.store import keys
from service.store.database import Engine, writing
from tests.months import Done, run
from tests.service.releases import law, released
from tests.service.serving import SECRET, Service, TestClient, client, recorded, role_keys, settings

ACTUARY = keys.Wanted("actuary", "operator", "Li Wei")


def note(engine: Engine, releases: Path) -> list[int]:
    with writing(engine) as connection:
        return [event.number for event in record_missing(connection, releases, "operator", {})]


def code_of(engine: Engine, releases: Path) -> str:
    with pytest.raises(TariffError) as caught:
        checked_standing(engine, releases)
    return caught.value.code


def test_what_the_log_does_not_end_with_is_not_taken_up(engine: Engine, tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    released(law(tmp_path / "first"), releases)
    assert checked_standing(engine, releases).number == 1  # typed names count here, and so does a typed history
    with writing(engine) as connection:
        keys.create(connection, ACTUARY, "operator")
    assert code_of(engine, releases) == "release_not_recorded"
    assert note(engine, releases) == [1]
    assert checked_standing(engine, releases).number == 1
    assert note(engine, releases) == []


def test_a_history_that_was_cut_is_not_taken_up_and_a_month_is_settled_by_the_logged_one(
    engine: Engine, tmp_path: Path
) -> None:
    releases = tmp_path / "releases"
    with writing(engine) as connection:
        keys.create(connection, ACTUARY, "operator")
    released(law(tmp_path / "first", floor=700_000), releases)
    note(engine, releases)
    released(law(tmp_path / "second", floor=900_000), releases)
    assert code_of(engine, releases) == "release_not_recorded"
    assert logged_standing(engine, releases).folder == folder_of(releases, 1)
    note(engine, releases)
    history = releases / "history.jsonl"
    history.write_text(history.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    assert code_of(engine, releases) == "release_not_recorded"
    with pytest.raises(TariffError, match="release 2"):
        logged_standing(engine, releases)


def test_keys_are_looked_at_in_the_moment_that_they_record(engine: Engine, tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    with writing(engine) as connection:
        made = [keys.create(connection, keys.Wanted("actuary", "operator", who), "operator") for who in ("Li", "Chen")]
    found = [keys.look(engine, token.key_id) for token in made]
    signers = [key for key in found if key is not None]
    refused = []
    with pytest.raises(InputError) as caught:
        record(engine, releases, signers, "looked at")
    refused.append(caught.value.code)
    released(law(tmp_path / "law"), releases)
    with locked(releases), pytest.raises(InputError) as caught:
        record(engine, releases, signers, "looked at")
    refused.append(caught.value.code)
    with writing(engine) as connection:
        keys.revoke(connection, made[1].key_id, "operator")
    with pytest.raises(InputError) as caught:
        record(engine, releases, signers, "looked at")
    refused.append(caught.value.code)
    assert refused == ["record_nothing", "release_locked", "key_not_valid"]
    assert code_of(engine, releases) == "release_not_recorded"


def ready(service: Service, status: str, most_s: float = 30) -> dict[str, Any]:
    """What `/status/ready` says once it has a status."""
    end = time.monotonic() + most_s
    while True:
        found: dict[str, Any] = service.get("/status/ready", "").json()
        if found["status"] == status:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_a_running_service_keeps_its_edition_and_says_why(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with client(tmp_path) as service:
        released(law(tmp_path / "law"), tmp_path / "releases")
        found = ready(service, "degraded")
        said = {one["check"]: one.get("code") for one in found["checks"] if not one["ok"]}
        assert (found["release"], said) == (0, {"tariff": "ready_not_recorded"})
        recorded(service.database, tmp_path / "releases")
        assert ready(service, "ready")["release"] == 1
    log = capfd.readouterr().err
    assert log.count("release_not_recorded") == 1


def test_a_service_starts_with_the_release_that_the_log_ends_with(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serving, history = settings(tmp_path), tmp_path / "releases" / "history.jsonl"
    role_keys(serving.database)
    released(law(tmp_path / "first", floor=700_000), serving.releases)
    recorded(serving.database, serving.releases)
    released(law(tmp_path / "second", floor=900_000), serving.releases)
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    monkeypatch.setenv("LICHENG_SECRET", SECRET.decode())
    check = run("serve", "--check", "--port", "0")
    assert (check.code, "release_not_recorded" in check.out) == (0, True), check.out
    with TestClient(create_app(serving)) as http:
        service = Service(http, tmp_path, {})
        found = service.get("/status/ready", "").json()
        assert (found["status"], found["release"]) == ("degraded", 1)
        recorded(serving.database, serving.releases)
        assert ready(service, "ready")["release"] == 2
    assert capfd.readouterr().err.count("release_not_recorded") == 1
    history.write_text("".join(history.read_text(encoding="utf-8").splitlines(keepends=True)[:1]), encoding="utf-8")
    refused_check = run("serve", "--check", "--port", "0")  # what the log ends with is not in history any more
    assert (refused_check.code, "release_not_recorded" in refused_check.out) == (2, True), refused_check.out


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with keys of two actuaries, and a release that came from elsewhere."""
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path / "home"))
    for name in ("LICHENG_DATABASE_URL", "LICHENG_TARIFF", "LICHENG_KEY"):
        monkeypatch.delenv(name, raising=False)
    for file, holder in (("li", "Li Wei"), ("chen", "Chen Yu")):
        made = run("key", "create", "--role", "actuary", "--holder", holder, "--json")
        (tmp_path / file).write_text(json.loads(made.out)["token"], encoding="utf-8")
    released(law(tmp_path / "law"), tmp_path / "home" / "releases")
    return tmp_path / "home"


def refused(done: Done, code: str, exit_code: int = 3) -> bool:
    return done.code == exit_code and f"[{code}]" in done.err


def test_it_is_not_served_until_two_actuaries_record_it(home: Path, tmp_path: Path) -> None:
    for lang, words in (("en", "licheng record"), ("zh", "补记")):
        check = run("serve", "--check", "--port", "0", "--lang", lang)
        assert (check.code, words in check.out, "release_not_recorded" in check.out) == (2, True, True)
    assert refused(run("serve", "--port", "0"), "release_not_recorded", 2)
    li, chen = (("--key-file", tmp_path / name) for name in ("li", "chen"))
    assert refused(run("record", *li, *chen), "record_reason_missing", 2)
    assert refused(run("record", *li, *li, "--reason", "looked at"), "record_needs_keys", 2)
    done = run("record", *li, *chen, "--reason", "looked at", "--json")
    assert [event["number"] for event in json.loads(done.out)["recorded"]] == [1]
    assert run("serve", "--check", "--port", "0").code == 0
    assert json.loads(run("verify", "--audit", "--json").out)["whole"]
    assert refused(run("record", *li, *chen, "--reason", "looked at"), "record_nothing")


def test_going_back_takes_the_key_of_an_actuary(home: Path, tmp_path: Path) -> None:
    words = ("rollback", "--to", "0", "--reason", "not ours")
    assert refused(run(*words, "--by", "Zhao Min"), "rollback_without_key", 2)
    back = json.loads(run(*words, "--key-file", tmp_path / "li", "--json").out)
    assert back["event"]["by"] == "Li Wei"
    assert run("serve", "--check", "--port", "0").code == 0
