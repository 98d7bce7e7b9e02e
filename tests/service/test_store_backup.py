"""Backup while the service writes, and a restored data folder that answers as before."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pricing.errors import InputError
from service.operations.backup import save
from service.operations.restore import restore
from service.releases.history import in_force
from service.store import keyed_mark, schema
from service.store.database import connect, writing
from tests.service.hammering import SMALL, hammered, stored, whole_log
from tests.service.postgres import Postgres
from tests.service.releases import law, released
from tests.service.secrets import CHAIN
from tests.service.serving import SECRET, client, served

ROOT = Path(__file__).resolve().parents[2]
ADMIN = ("--role", "admin", "--holder", "Ops")


def licheng(home: Path, *words: str, code: int = 0, **environ: str) -> str:
    """What the command prints; its errors where it is to fail."""
    world = {name: value for name, value in os.environ.items() if not name.startswith("LICHENG_")}
    command = [sys.executable, "-m", "service.cli", *words]
    world |= {"LICHENG_HOME": str(home), "LICHENG_SECRET": SECRET.decode(), **environ}
    done = subprocess.run(command, cwd=ROOT, env=world, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder with a release, a quote and the folder of a levy."""
    home = tmp_path / "home"
    released(law(tmp_path / "candidate"), home / "releases")
    with client(home) as service:
        assert service.post("/v1/quotes", SMALL).status_code == 201
    for name in ("levies/lv_1/month/lines.parquet", "levies/lv_2.receiving/usage.csv", "levies/lv_1/.month.making-1/x"):
        path = home / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode())
    return home


def unsealed(archive: Path, home: Path) -> None:
    """Restore into a data folder, without a secret."""
    restore(archive, home, secret=b"", into=home / "licheng.db")


def names(archive: Path) -> list[str]:
    with tarfile.open(archive) as opened:
        return opened.getnames()


def test_a_restored_folder_holds_what_was_saved(filled: Path, tmp_path: Path) -> None:
    archive, restored = tmp_path / "saved.tar", tmp_path / "restored"
    said = json.loads(licheng(filled, "store", "backup", str(archive), "--json"))["backup"]
    assert (said["database"]["rows"]["quotes"], said["bytes"]) == (1, archive.stat().st_size)
    assert archive.stat().st_mode & 0o077 == 0
    licheng(restored, "store", "restore", str(archive), "--keep-key", "all")
    database = f"sqlite:///{restored / 'licheng.db'}"
    assert stored(database) == stored(f"sqlite:///{filled / 'licheng.db'}")
    assert f"{len(whole_log(database))}:{whole_log(database)[-1].hash}" == said["database"]["audit_head"]
    assert in_force(restored / "releases").number == 1
    assert (restored / "levies/lv_1/month/lines.parquet").read_bytes() == b"levies/lv_1/month/lines.parquet"
    assert sorted(path.name for path in restored.iterdir()) == ["audit-keyed", "levies", "licheng.db", "releases"]
    licheng(restored, "verify", "--audit")


def test_the_database_goes_where_it_is_named(filled: Path, tmp_path: Path) -> None:
    archive, restored, file = tmp_path / "saved.tar", tmp_path / "restored", tmp_path / "elsewhere" / "file.db"
    named = {"LICHENG_DATABASE_URL": f"sqlite:///{file}"}
    licheng(filled, "store", "backup", str(archive))
    words = ("store", "restore", str(archive), "--keep-key", "all")
    said = json.loads(licheng(restored, *words, "--json", **named))["restored"]
    assert said["database_file"] == str(file)
    assert sorted(path.name for path in restored.iterdir()) == ["audit-keyed", "levies", "releases"]
    assert [path.name for path in file.parent.iterdir()] == ["file.db"]
    assert file.stat().st_mode & 0o077 == 0
    assert stored(f"sqlite:///{file}") == stored(f"sqlite:///{filled / 'licheng.db'}")
    licheng(restored, "verify", "--audit", **named)
    again = tmp_path / "again"
    refused = licheng(again, *words, code=3, **named)
    assert ("restore_database_there" in refused, str(file) in refused, again.exists()) == (True, True, False)
    other = {"LICHENG_DATABASE_URL": f"sqlite:///{tmp_path / 'other' / 'file.db'}"}
    shown = licheng(again, *words, "--lang", "zh", **other)
    assert str(tmp_path / "other" / "file.db") in shown.replace("\n", "")


def test_a_key_that_was_revoked_after_the_backup_does_not_come_back(filled: Path, tmp_path: Path) -> None:
    def states(home: Path) -> dict[str, str]:
        return {one["id"]: one["state"] for one in json.loads(licheng(home, "key", "list", "--json"))["keys"]}

    licheng(filled, "store", "backup", str(tmp_path / "saved.tar"))
    lost, kept, *_ = held = list(states(filled))
    licheng(filled, "key", "revoke", lost)
    restored = ("store", "restore", str(tmp_path / "saved.tar"))
    said = json.loads(licheng(tmp_path / "none", *restored, "--json"))["restored"]
    assert (sorted(said["revoked"]), set(states(tmp_path / "none").values())) == (sorted(held), {"revoked"})
    assert lost in licheng(tmp_path / "one", *restored, "--keep-key", kept).replace("\n", "")
    assert [one for one, state in states(tmp_path / "one").items() if state == "holds"] == [kept]
    licheng(tmp_path / "one", "verify", "--audit")
    refused = licheng(tmp_path / "two", *restored, "--keep-key", "k_unknown", code=3)
    assert ("key_unknown" in refused, (tmp_path / "two").exists()) == (True, False)
    other = licheng(tmp_path / "two", *restored, code=3, LICHENG_SECRET=SECRET.decode()[::-1])
    assert ("seal_broken" in other, (tmp_path / "two").exists()) == (True, False)
    without = licheng(tmp_path / "two", *restored, code=3, LICHENG_SECRET="")
    assert ("audit_without_secret" in without, (tmp_path / "two").exists()) == (True, False)


def test_what_is_being_made_and_the_secret_are_not_saved(filled: Path, tmp_path: Path) -> None:
    (filled / "secret").write_text("the secret of the service")
    licheng(filled, "store", "backup", str(tmp_path / "saved.tar"))
    found = names(tmp_path / "saved.tar")
    assert (found[:2], len(set(found))) == (["licheng.db", "releases/history.jsonl"], len(found))
    assert "levies/lv_1/month/lines.parquet" in found
    assert [name for name in found if "receiving" in name or "making" in name or "secret" in name] == []


@pytest.mark.slow
def test_a_backup_during_writes_is_whole_and_answers_as_before(tmp_path: Path) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    home.mkdir()
    with served(home) as service, hammered(service, 16, 100) as told:
        before = dict(told.stored)
        licheng(home, "store", "backup", str(tmp_path / "saved.tar"))
        assert service.post("/v1/quotes", SMALL).status_code == 201
    licheng(restored, "store", "restore", str(tmp_path / "saved.tar"))
    found = stored(f"sqlite:///{restored / 'licheng.db'}")
    assert {number: found[number] for number in before} == before
    assert len(found) < len(stored(service.database))
    log = whole_log(f"sqlite:///{restored / 'licheng.db'}")
    assert sorted(entry.subject for entry in log if entry.action == "quote.created") == sorted(found)
    licheng(restored, "verify", "--audit")
    with served(restored) as again:
        for number, sent in list(before.items())[:20]:
            assert again.get(f"/v1/quotes/{number}", "auditor").content == sent
        made = again.http.post(f"/v1/quotes/{number}/reproduce", headers=again.key("auditor"))
        assert made.json()["equal"] is True


def test_nothing_is_overwritten(filled: Path, tmp_path: Path) -> None:
    archive = tmp_path / "saved.tar"
    save(filled, filled / "licheng.db", archive)
    with pytest.raises(InputError) as error:
        save(filled, filled / "licheng.db", archive)
    assert error.value.code == "backup_exists"
    with pytest.raises(InputError) as error:
        unsealed(archive, filled)
    assert (error.value.code, error.value.values["names"]) == ("restore_not_empty", "licheng.db, releases, levies")


def changed(archive: Path, out: Path, **contents: bytes | None) -> Path:
    """The archive with other contents for some files, by name; None: left out."""
    with tarfile.open(archive) as source, tarfile.open(out, "w") as target:
        for member in source:
            file = source.extractfile(member)
            assert file is not None
            content = contents.pop(member.name, file.read())
            if content is not None:
                member.size = len(content)
                target.addfile(member, io.BytesIO(content))
        for name, content in contents.items():
            added = tarfile.TarInfo(name)
            added.size = len(content or b"")
            target.addfile(added, io.BytesIO(content or b""))
    return out


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("releases/history.jsonl", b"altered"),
        ("releases/history.jsonl", None),
        ("backup.json", None),
        ("backup.json", b"[]"),
        ("levies/added", b""),
        ("../outside", b"x"),
        ("/outside", b"x"),
        ("levies/../../outside", b"x"),
        ("secret", b"x"),
    ],
)
def test_an_archive_that_is_not_as_it_was_saved_restores_nothing(
    filled: Path, tmp_path: Path, name: str, content: bytes | None
) -> None:
    save(filled, filled / "licheng.db", tmp_path / "saved.tar")
    broken = changed(tmp_path / "saved.tar", tmp_path / "broken.tar", **{name: content})
    with pytest.raises(InputError) as error:
        unsealed(broken, tmp_path / "in" / "restored")
    assert error.value.code == "backup_broken"
    assert not (tmp_path / "in").exists()


def test_an_archive_that_was_cut_or_has_a_link_restores_nothing(filled: Path, tmp_path: Path) -> None:
    save(filled, filled / "licheng.db", tmp_path / "saved.tar")
    (tmp_path / "cut.tar").write_bytes((tmp_path / "saved.tar").read_bytes()[:60_000])
    with tarfile.open(tmp_path / "link.tar", "w") as archive:
        link = tarfile.TarInfo("levies/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/"
        archive.addfile(link)
    (tmp_path / "text.tar").write_text("no archive")
    for name in ("cut.tar", "link.tar", "text.tar"):
        with pytest.raises(InputError) as error:
            unsealed(tmp_path / name, tmp_path / "restored")
        assert error.value.code == "backup_broken"


def test_what_cannot_be_read_or_written_is_said(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    said: dict[str, Any] = {}
    for code, act in {
        "store_missing": lambda: save(tmp_path, tmp_path / "licheng.db", tmp_path / "a.tar"),
        "file_not_found": lambda: unsealed(tmp_path / "none.tar", tmp_path / "restored"),
        "backup_not_written": lambda: save(filled, filled / "licheng.db", tmp_path / f"{'n' * 250}.tar"),
        "folder_missing": lambda: save(filled, filled / "licheng.db", tmp_path / "nowhere" / "a.tar"),
    }.items():
        with pytest.raises(InputError) as error:
            act()
        said[code] = error.value.code
    assert list(said) == list(said.values())


@pytest.mark.slow
def test_of_postgresql_the_folders_are_saved_beside_its_own_dump(
    postgres_server: Postgres, filled: Path, tmp_path: Path
) -> None:
    url = postgres_server.database("backed_up")
    (filled / keyed_mark.NAME).unlink()  # of its store on SQLite
    archive, restored = tmp_path / "saved.tar", tmp_path / "restored"
    assert f"schema {schema.revisions()[-1]}" in licheng(filled, "store", "upgrade", LICHENG_DATABASE_URL=url)
    refused = licheng(filled, "store", "backup", str(archive), code=3, LICHENG_DATABASE_URL=url)
    assert "pg_dump" in refused
    assert "backup_of_postgresql" in refused
    licheng(filled, "store", "backup", "--folders", str(archive), LICHENG_DATABASE_URL=url)
    assert "licheng.db" not in names(archive)
    licheng(restored, "store", "restore", str(archive), LICHENG_DATABASE_URL=url)
    assert sorted(path.name for path in restored.iterdir()) == ["audit-keyed", "levies", "releases"]
    save(filled, filled / "licheng.db", tmp_path / "with.tar")
    beside = tmp_path / "beside"
    refused = licheng(beside, "store", "restore", str(tmp_path / "with.tar"), code=3, LICHENG_DATABASE_URL=url)
    assert "restore_of_sqlite" in refused


def test_beside_a_postgresql_without_its_dump_nothing_is_made(
    postgres_server: Postgres, filled: Path, tmp_path: Path
) -> None:
    save(filled, None, tmp_path / "folders.tar")
    url, restored = postgres_server.database("not_yet_dumped"), tmp_path / "restored"
    for lang in ("en", "zh"):
        words = ("store", "restore", str(tmp_path / "folders.tar"), "--lang", lang)
        refused = licheng(restored, *words, code=3, LICHENG_DATABASE_URL=url)
        assert ("[restore_without_dump]" in refused, "pg_restore" in refused) == (True, True)
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert (postgres_server.psql("not_yet_dumped", tables).strip(), restored.exists()) == ("0", False)


def test_beside_a_postgresql_that_refuses_nothing_is_put_in_place(
    postgres_server: Postgres, filled: Path, tmp_path: Path
) -> None:
    save(filled, None, tmp_path / "folders.tar")
    url, restored = postgres_server.database("restored_beside"), tmp_path / "restored"
    (filled / keyed_mark.NAME).unlink()  # of its store on SQLite
    kept = json.loads(licheng(filled, "key", "create", *ADMIN, "--json", LICHENG_DATABASE_URL=url))["key"]["id"]
    words = ("store", "restore", str(tmp_path / "folders.tar"))
    nowhere = "postgresql://licheng@127.0.0.1:1/licheng"
    for code, options, changed in (
        ("store_not_available", (), {"LICHENG_DATABASE_URL": nowhere}),
        ("key_unknown", ("--keep-key", "k_unknown"), {}),
        ("audit_without_secret", (), {"LICHENG_SECRET": ""}),
        ("audit_other_secret", (), {"LICHENG_SECRET": SECRET.decode()[::-1]}),
    ):
        refused = licheng(restored, *words, *options, code=3, **{"LICHENG_DATABASE_URL": url, **changed})
        assert code in refused, refused
        assert {path.name for path in restored.glob("*")} <= {
            "audit-keyed"
        }  # which says nothing but that there is a log
    said = json.loads(licheng(restored, *words, "--json", LICHENG_DATABASE_URL=url))["restored"]
    assert (said["revoked"], in_force(restored / "releases").number) == ([kept], 1)
    live = json.loads(licheng(filled, "key", "create", *ADMIN, "--json", LICHENG_DATABASE_URL=url))["key"]["id"]
    assert "restore_not_empty" in licheng(restored, *words, code=3, LICHENG_DATABASE_URL=url)
    listed = json.loads(licheng(filled, "key", "list", "--json", LICHENG_DATABASE_URL=url))["keys"]
    assert {one["id"]: one["state"] for one in listed} == {kept: "revoked", live: "holds"}


@pytest.mark.slow
def test_a_postgresql_that_was_dumped_and_restored_answers_as_before(postgres_server: Postgres, tmp_path: Path) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    released(law(tmp_path / "candidate"), home / "releases")
    with served(home, environ={"LICHENG_DATABASE_URL": postgres_server.database("dumped")}) as service:
        made = service.post("/v1/quotes", SMALL)
    url = postgres_server.copied("dumped", "restored")
    licheng(home, "store", "backup", "--folders", str(tmp_path / "saved.tar"), LICHENG_DATABASE_URL=url)
    licheng(restored, "store", "restore", str(tmp_path / "saved.tar"), LICHENG_DATABASE_URL=url)
    licheng(restored, "verify", "--audit", LICHENG_DATABASE_URL=url)
    with served(restored, environ={"LICHENG_DATABASE_URL": url}) as again:
        assert again.get(made.headers["location"], "auditor").content == made.content
        found = again.http.post(f"{made.headers['location']}/reproduce", headers=again.key("auditor")).json()
    assert (found["equal"], found["release"]) == (True, 1)
    engine = connect(url, CHAIN)
    with pytest.raises(DBAPIError, match="the audit log only grows"), writing(engine) as connection:
        connection.execute(text("DELETE FROM audit"))
    engine.dispose()


def test_the_pages_say_where_the_store_is_and_what_it_holds(filled: Path) -> None:
    shown = licheng(filled, "store", "status")
    assert str(filled / "licheng.db") in shown.replace("\n", "")
    assert "End of the audit log: 7:hmac-sha256:" in " ".join(shown.split())
    assert "数据库" in licheng(filled, "store", "status", "--lang", "zh")
    held = json.loads(licheng(filled, "store", "status", "--json"))
    assert (held["schema"], held["rows"]["quotes"], held["rows"]["keys"]) == (schema.revisions()[-1], 1, 5)
