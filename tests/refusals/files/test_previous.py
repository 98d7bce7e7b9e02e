"""What a correction refuses: another month, older knowledge, other schemes, and a folder that was changed by hand."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.engines.folder import sha256, text_hash
from tests.months import Done, line_sums, refusals, run, settle, totals
from tests.refusals.files.case import HEADER, MONTH, driver, written

WRONG_CALL, UNREADABLE, UNLIKE = 2, 3, 5
PILOT = (*MONTH, "--schemes", "pilot_per_order")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two lines and, beside it, the usage it came from."""
    place = tmp_path_factory.mktemp("published")
    settle(written({"a.csv": HEADER + driver() + driver("w_0000000B")}, place / "usage"), place / "month", *PILOT)
    return place / "month"


def correct(previous: Path, out: Path, *options: str) -> Done:
    return run("levy", previous.parent / "usage", *PILOT, *options, "--previous", previous, "--out", out)


@pytest.mark.parametrize(
    ("options", "code", "words", "words_zh"),
    [
        (("--known-on", "2025-11-29"), "known_on_goes_back", ("2025-11-29", "2025-11-30"), "早于前一文件夹"),
        (("--month", "2025-09"), "previous_month", ("of 2025-08, not of 2025-09",), "而非 2025-09"),
        (("--schemes", "class_rate"), "schemes_differ", ("settled pilot_per_order",), "更正须结算相同方案"),
    ],
)
def test_a_correction_of_another_kind(
    options: tuple[str, ...],
    code: str,
    words: tuple[str, ...],
    words_zh: str,
    published: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = correct(published, tmp_path / "out", *options)
    exit_code = WRONG_CALL if code == "known_on_goes_back" else UNREADABLE  # the others are said of the folder
    assert (done.code, f"[{code}]" in done.err, list(tmp_path.iterdir())) == (exit_code, True, [])
    assert [word for word in words if word not in done.err] == []
    monkeypatch.setenv("LICHENG_LANG", "zh")
    assert words_zh in correct(published, tmp_path / "out", *options).err


def fewer_lines(folder: Path) -> None:
    pq.write_table(pq.read_table(folder / "lines.parquet").slice(1), folder / "lines.parquet")


def more_orders(folder: Path) -> None:
    usage = pq.read_table(folder / "usage.parquet")
    place = usage.schema.get_field_index("orders")
    pq.write_table(usage.set_column(place, "orders", pa.array([101, 100])), folder / "usage.parquet")


def another(name: str, old: str, new: str) -> Callable[[Path], None]:
    """An edit that replaces a text in a file of the folder."""

    def edit(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, (name, old)
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


CHANGES = {
    "a line taken out": fewer_lines,
    "orders of usage": more_orders,
    "no usage": without("usage.parquet"),
    "no lines": without("lines.parquet"),
    "an amount in the edition": another("edition.json", "entries:", "entries: "),
    "the edition's hash": another("edition.json", "sha256:", "sha256:0"),
    "a row of the register": another("register.csv", "known_from", "known_from\ndidi"),
    "a sum": another("totals.json", "200", "201"),
    "a declared sum": another("charged.json", "200", "201"),
    "the receipt's knowledge": another("receipt.json", "2025-11-30", "2025-10-30"),
    "the receipt's hashes": another("receipt.json", '"lines.parquet": "sha256:', '"lines.parquet": "sha256:0'),
    "the receipt's run": another("receipt.json", "run:", "run:0"),
    "no JSON": another("receipt.json", "{", ""),
    "a list": lambda folder: (folder / "receipt.json").write_text("[]"),
    "an empty receipt": lambda folder: (folder / "receipt.json").write_text("{}"),
    "bytes": lambda folder: (folder / "receipt.json").write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_changed_by_hand_is_noticed_by_every_command(change: str, published: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(published, changed)
    CHANGES[change](changed)
    usage, out = published.parent / "usage", tmp_path / "out"
    for done in (
        run("levy", usage, *PILOT, "--previous", changed, "--out", out),
        run("verify", changed),
        run("explain", changed, "1"),
    ):
        assert (done.code, done.out) == (UNREADABLE, ""), done.err
        assert "[folder_changed]" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed"]


def test_no_receipt(published: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(published, changed)
    (changed / "receipt.json").unlink()
    corrected = run("levy", published.parent / "usage", *PILOT, "--previous", changed, "--out", tmp_path / "out")
    for done in (corrected, run("verify", changed), run("explain", changed, "1")):
        assert (done.code, "[no_receipt]" in done.err) == (UNREADABLE, True), done.err


def signed_anew(folder: Path) -> None:
    """Someone who changes a file and then the receipt as the program would have written it."""
    path = folder / "receipt.json"
    receipt = json.loads(path.read_text(encoding="utf-8"))
    receipt["files"] = {name: sha256(folder / name) for name in receipt["files"]}
    del receipt["run"]
    receipt["run"] = "run:" + text_hash(receipt)
    path.write_text(json.dumps(receipt), encoding="utf-8")


@pytest.mark.parametrize("change", ["a line taken out", "orders of usage", "a sum", "a declared sum"])
def test_a_forged_receipt_is_found_by_settling_again(change: str, published: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(published, changed)
    CHANGES[change](changed)
    signed_anew(changed)
    assert run("verify", changed).code == UNLIKE


def test_lines_set_aside_before_stay_beside_those_of_the_correction(tmp_path: Path) -> None:
    first = settle(written({"a.csv": HEADER + driver() + "broken\n"}, tmp_path / "one"), tmp_path / "first", *PILOT)
    assert first["schemes"]["pilot_per_order"]["refused"] == 1
    other = HEADER + driver("w_0000000B", platform="caocao") + "broken otherwise\n"
    settle(written({"a.csv": other}, tmp_path / "two"), tmp_path / "second", *PILOT, "--previous", tmp_path / "first")
    counts = totals(tmp_path / "second")["schemes"]["pilot_per_order"]
    assert {name: counts[name] for name in ("read", "priced", "refused", "duplicate")} == {
        **{"read": 4, "priced": 2},
        **{"refused": 2, "duplicate": 0},
    }
    assert len({row["message"] for row in refusals(tmp_path / "second")}) == 2
    assert len(line_sums([tmp_path / "first", tmp_path / "second"])) == 2
