"""A restore that is refused, or that fails midway: what stood before stands as before, keys and folders alike."""

from pathlib import Path

import pytest

from pricing.errors import InputError
from service.operations.backup import save
from service.operations.restore import check_dumped, check_revoked, restore
from service.store import keyed_mark, keys, schema
from service.store.database import Engine, connect, database_url, writing
from tests.months import run
from tests.service.secrets import CHAIN, SECRET

WANTED = keys.Wanted("admin", "house", "Zhao Min")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder with a key that holds, releases, a levy and the mark of its log."""
    made = tmp_path / "home"
    for name in ("releases/history.jsonl", "levies/lv_1/month/lines.parquet"):
        (made / name).parent.mkdir(parents=True)
        (made / name).write_text(name, encoding="ascii")
    engine = connect(database_url("", made), CHAIN)
    schema.upgrade(engine, home=made)
    keyed(engine)
    engine.dispose()
    return made


def keyed(engine: Engine) -> str:
    """A key that holds."""
    with writing(engine) as connection:
        return keys.create(connection, WANTED, "operator").key_id


def refused(archive: Path, home: Path, into: Engine | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        restore(archive, home, secret=SECRET, into=into)
    return caught.value


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("inside", [True, False])
def test_what_lies_beside_a_moved_database_is_not_played_into_the_one_restored(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, inside: bool
) -> None:
    save(home, home / "licheng.db", tmp_path / "saved.tar")
    restored = tmp_path / "restored"
    file = restored / "licheng.db" if inside else tmp_path / "elsewhere" / "file.db"
    file.parent.mkdir()
    left = Path(f"{file}{ending}")
    left.write_text("of another", encoding="ascii")
    monkeypatch.setenv("LICHENG_HOME", str(restored))
    monkeypatch.setenv("LICHENG_SECRET", SECRET.decode())
    monkeypatch.setenv("LICHENG_DATABASE_URL", f"sqlite:///{file}")
    code = "restore_not_empty" if inside and not ending else "restore_database_there"
    for lang in ("en", "zh"):
        done = run("store", "restore", tmp_path / "saved.tar", "--lang", lang)
        assert (done.code, f"[{code}]" in done.err, left.name in done.err) == (3, True, True), done.err
    assert [path.name for path in file.parent.iterdir()] == [left.name]
    assert left.read_text(encoding="ascii") == "of another"


def test_a_key_that_holds_after_all_in_the_database_in_its_place_is_told(tmp_path: Path) -> None:
    engine = connect(database_url("", tmp_path), CHAIN)
    schema.upgrade(engine)
    key = keyed(engine)
    check_revoked(engine, ["k_another"])
    with pytest.raises(InputError) as caught:
        check_revoked(engine, [key])
    assert (caught.value.code, caught.value.values) == ("restore_not_revoked", {"keys": key})
    engine.dispose()


def test_a_restore_that_fails_midway_takes_back_what_it_placed(home: Path, tmp_path: Path) -> None:
    save(home, home / "licheng.db", tmp_path / "saved.tar")
    restored = tmp_path / "restored"
    (restored / keyed_mark.NAME).mkdir(parents=True)  # placed after releases and levies
    error = refused(tmp_path / "saved.tar", restored, restored / "licheng.db")
    assert (error.code, keyed_mark.NAME in str(error)) == ("restore_not_done", True)
    assert [path.name for path in restored.iterdir()] == [keyed_mark.NAME]


def test_beside_another_database_that_fails_midway_no_key_ends(home: Path, tmp_path: Path, engine: Engine) -> None:
    check_dumped(engine)
    key = keyed(engine)
    save(home, None, tmp_path / "folders.tar")
    restored = tmp_path / "restored"
    (restored / keyed_mark.NAME).mkdir(parents=True)
    assert refused(tmp_path / "folders.tar", restored, engine).code == "restore_not_done"
    assert [path.name for path in restored.iterdir()] == [keyed_mark.NAME]
    assert keys.holding(engine) == {key}
    (restored / keyed_mark.NAME).rmdir()
    assert restore(tmp_path / "folders.tar", restored, secret=SECRET, into=engine)["revoked"] == [key]
    assert sorted(path.name for path in restored.iterdir()) == [keyed_mark.NAME, "levies", "releases"]


def test_a_store_that_refuses_has_nothing_placed_beside_it(home: Path, tmp_path: Path, engine: Engine) -> None:
    save(home, None, tmp_path / "folders.tar")
    restored = tmp_path / "restored"
    restored.mkdir()
    (restored / keyed_mark.NAME).write_text("of another store", encoding="ascii")
    with pytest.raises(InputError) as caught:
        restore(tmp_path / "folders.tar", restored, secret=SECRET, into=engine, keep=["k_unknown"])
    assert caught.value.code == "key_unknown"
    assert [path.name for path in restored.iterdir()] == [keyed_mark.NAME]
    assert (restored / keyed_mark.NAME).read_text(encoding="ascii") == "of another store"
    save(home, home / "licheng.db", tmp_path / "whole.tar")
    assert refused(tmp_path / "whole.tar", restored, engine).code == "restore_of_sqlite"


def test_a_folder_that_cannot_be_made_is_not_blamed_on_the_archive(home: Path, tmp_path: Path) -> None:
    save(home, home / "licheng.db", tmp_path / "saved.tar")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere" / "folder")
    for into in (tmp_path / "gone" / "file.db", Path("/proc/none/file.db")):
        error = refused(tmp_path / "saved.tar", tmp_path / "deep" / "restored", into)
        assert (error.code, str(into.parent) in error.values["reason"]) == ("restore_not_done", True)
        assert not (tmp_path / "deep").exists()
    assert refused(tmp_path / "none.tar", tmp_path / "deep", tmp_path / "deep" / "licheng.db").code == "file_not_found"


def test_folders_made_for_a_restore_are_closed_to_others(home: Path, tmp_path: Path) -> None:
    save(home, home / "licheng.db", tmp_path / "saved.tar")
    restored, file = tmp_path / "in" / "deep" / "restored", tmp_path / "beside" / "deep" / "file.db"
    found = restore(tmp_path / "saved.tar", restored, secret=SECRET, into=file)
    assert found["database_file"] == str(file)
    for folder in (restored, *restored.parents[:2], *file.parents[:2]):
        assert folder.stat().st_mode & 0o777 == 0o700, folder
