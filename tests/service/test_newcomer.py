"""What a newcomer to the covers meets: impossible minutes, wrong types, broken texts, packages that are not whole."""

import copy
import datetime as dt
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from rich.cells import cell_len
from rich.console import Console

from pricing.errors import InputError
from pricing.spoken import source_words
from pricing.tariff import Tariff
from pricing.words import as_json, say, sources_in_chinese
from service.claims.benefit import KINDS
from service.cli.first_run import NEXT
from service.cli.main import app
from service.prices.quote import quote
from service.reading import read_json, read_text
from service.terminal.prices import console, panel, show_quote
from service.terminal.text import Sentence, points
from tests.months import run

ROOT = Path(__file__).parents[2]
TARIFF = Tariff.load()
TODAY = dt.date(2026, 11, 24)
HOST = json.loads((ROOT / "service" / "examples" / "host.json").read_text(encoding="utf-8"))
Json = dict[str, Any]


def answer(*more_rows: Json, **changes: Any) -> Json:
    """The example host's answer with other cells in its row, and more rows like it."""
    request = copy.deepcopy(HOST)
    row = request["usage"][0]
    row.update(changes)
    request["usage"] += [{**row, "platform": "kuaishou", **more} for more in more_rows]
    return quote(request, TARIFF, TODAY)


def flagged(found: Json, cover: str) -> dict[str, list[int]]:
    """Codes of a cover's warnings with their rows, but that it is a demonstration."""
    [one] = [one for one in found["covers"] if one["cover"] == cover]
    assert one["premium_fen"] > 0
    return {w["code"]: w["rows"] for w in one["warnings"] if w["code"] != "is_demonstration"}


# October has 44,640 minutes; the example is seated for 7,200 + 3,600.
MINUTES = [
    ({"night_min": 10_800}, {}),
    ({"night_min": 10_801}, {"night_exceeds_seated": [0]}),
    ({"longest_sitting_min": 10_800}, {}),
    ({"longest_sitting_min": 10_801}, {"sitting_exceeds_seated": [0]}),
    ({"live_min": 41_040}, {}),
    ({"live_min": 41_041}, {"minutes_exceed_month": [0]}),
]


@pytest.mark.parametrize(("changes", "codes"), MINUTES)
def test_minutes_that_cannot_be_are_priced_with_a_flag(changes: Json, codes: dict[str, list[int]]) -> None:
    assert flagged(answer(**changes), "lumbar") == codes


def test_a_flag_names_its_row_and_the_page_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer({"night_min": 10_801})
    assert flagged(found, "stress") == {"night_exceeds_seated": [1]}
    assert flagged(found, "income_interruption") == {}
    show_quote(found, "en")
    assert "! row 2: More night minutes than minutes on air" in capsys.readouterr().out


def test_two_rows_that_fit_alone_exceed_the_month_together() -> None:
    assert flagged(answer({"live_min": 40_000}), "lumbar") == {"minutes_exceed_month": [0, 1]}


def test_worked_minutes_beyond_the_month() -> None:
    row = {"platform": "didi", "region": "110000", "occupation": "ride_hailing_driver", "vehicle": "car", "orders": 9}
    row |= {"distance_m": 90_000, "income_fen": 500_000, "employment": "none", "worked_min": 40_000}
    request = {"month": "2025-09", "worker": "w_4KQ7ZB2M", "schemes": ["mileage_linked"], "covers": []}
    rows = [row, {**row, "platform": "t3", "worked_min": 3_201}]
    [scheme] = quote({**request, "usage": rows}, TARIFF, TODAY)["schemes"]
    assert [w["rows"] for w in scheme["warnings"] if w["code"] == "minutes_exceed_month"] == [[0, 1]]


def test_a_package_says_which_covers_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    whole = answer()
    assert [package["incomplete"] for package in whole["packages"]] == [[]]
    part = answer({"revenue_fen": None})
    assert [package["incomplete"] for package in part["packages"]] == [["income_interruption"]]
    show_quote(part, "en")
    assert "it lacks refused rows of: Interruption of income" in capsys.readouterr().out
    refused = answer(desk_min=None)
    [package] = refused["packages"]
    assert (package["premium_fen"], package["incomplete"]) == (None, ["lumbar", "stress"])
    show_quote(refused, "zh")
    assert "没有合计" in capsys.readouterr().out


def test_texts_are_shown_as_they_are(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    text = "[b]mcn[/b] :smile: [/]"
    console().print(panel([points("!", [text]), Sentence(text)], text, subtitle=text))
    console().print(text)
    assert capsys.readouterr().out.count(text) == 5


@pytest.mark.parametrize("width", [9, 20, 41])
def test_chinese_wraps_inside_the_width_and_loses_nothing(width: int) -> None:
    text = (
        "同时符合以下三项的，认定为收入中断（平台变更规则或关闭频道），占比 22.2222 %，系数 1.003333 word " + "x" * 30
    )
    out = io.StringIO()
    Console(file=out, width=width).print(Sentence(text))
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(lines) <= cell_len(text) // (width - 4) + 4


BROKEN_JSON = [
    (b'{"month": ', "line 1, column 11", "第 1 行第 11 列"),
    (b'{"month": "2025-10",}', "a key in double quotes", "键名"),
    (b'{"month" "2025-10"}', "a colon", "冒号"),
    (b'{"month": "2025-10" "a": 1}', "a comma", "逗号"),
    (b"{} {}", "after the end", "结束后"),
    (b'{"month": "2025', "never closed", "没有闭合"),
    (b'{"month": "\\q"}', "an escape", "转义"),
]


@pytest.mark.parametrize(("raw", "said", "said_zh"), BROKEN_JSON)
def test_broken_json_is_told_in_the_language_asked_for(tmp_path: Path, raw: bytes, said: str, said_zh: str) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_json(read_text(str(path)), str(path))
    assert caught.value.code == "json_unreadable"
    assert said in caught.value.message("en")
    assert said_zh in caught.value.message("zh")
    assert not any(word in caught.value.message("zh") for word in ("Expecting", "line", "char", "delimiter"))


def test_a_text_of_no_encoding_is_no_csv(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(b'{"month": "\xff\xff"}')
    with pytest.raises(InputError) as caught:
        read_text(str(path))
    assert caught.value.code == "text_unreadable"
    assert "byte 11" in caught.value.message("en")
    assert "CSV" not in caught.value.message("en") + caught.value.message("zh")


def test_gb18030_is_read(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes('{"x_note": "主播"}'.encode("gb18030"))
    assert read_json(read_text(str(path)), str(path)) == {"x_note": "主播"}


WRONG_TYPES = [
    ({"usage": "x"}, "'usage' must be a list, written […], not \"x\"."),
    ({"usage": [True]}, "'usage, row 0' must be an object, written {…}, not true."),
    ({"history": [1]}, "'history' must be an object, written {…}, not [1]."),
    ({"enrolment": {"group": None}}, "'enrolment, group' must be an object, written {…}, not null."),
    ({"platforms": [3]}, "'platforms, row 0' must be an object, written {…}, not 3."),
    ({"technical": "yes"}, "'yes' is not allowed for 'technical'. Allowed: true, false."),
]


@pytest.mark.parametrize(("changes", "said"), WRONG_TYPES)
def test_a_wrong_type_is_named_with_what_was_found_and_what_is_needed(changes: Json, said: str) -> None:
    with pytest.raises(InputError) as caught:
        quote({**copy.deepcopy(HOST), **changes}, TARIFF, TODAY)
    assert caught.value.message("en") == said


def test_a_long_value_is_cut() -> None:
    assert len(as_json(["x" * 500])) == 81
    assert say("not_a_list", "zh", key="usage", found=as_json({"a": None})).endswith('而不是 {"a": null}。')


def test_the_help_of_benefits_names_every_key_of_every_kind() -> None:
    root: Any = typer.main.get_command(app)
    told = root.commands["benefit"].help
    lines = {line.strip().split(":")[0]: line for line in told.splitlines() if ":" in line}
    for kind, keys in KINDS.items():
        assert [key for key in keys if key not in lines[kind]] == []


def test_the_first_run_goes_on_to_a_claim_a_benefit_and_covers() -> None:
    words = " ".join(NEXT)
    assert [word for word in (" claim ", " benefit ", " levy ", "--covers all") if word not in words] == []


ENGLISH = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]{2,}){2,}")
EXAMPLES = ROOT / "service" / "examples"
HOSTS = EXAMPLES / "hosts"
BENEFITS = [
    ("disability", "--grade", "7", "--wage-fen", "650000", "--care", "large"),
    ("death", "--wage-fen", "900000", "--dependant", "spouse", "--dependant", "parent:lone"),
    ("unemployment", "--contribution-years", "7"),
    ("stop_work",),
]


def pages(tmp_path: Path) -> dict[str, str]:
    """Chinese pages of quotes, benefits, a levy with covers and a line of it."""
    files = ("--enrolments", HOSTS / "enrolments.csv", "--history", HOSTS / "history.csv", "--demonstration")
    month = ("--month", "2025-10", "--known-on", "2025-11-30")
    calls: dict[str, tuple[Any, ...]] = {
        "host": ("quote", EXAMPLES / "host.json"),
        "rider": ("quote", EXAMPLES / "rider.json"),
        "levy": ("levy", HOSTS / "usage.csv", *month, "--covers", "all", *files, "--out", tmp_path / "hosts"),
        "explain": ("explain", tmp_path / "hosts", 2),
        "declare": ("declare", EXAMPLES / "courier_station.json"),
    }
    for kind, *options in BENEFITS:
        calls[kind] = ("benefit", "--kind", kind, "--region", "110000", *month, *options)
    return {name: run(*call, "--lang", "zh").out for name, call in calls.items()}


def test_chinese_pages_are_chinese(tmp_path: Path) -> None:
    found = pages(tmp_path)
    assert all(len(page.splitlines()) > 5 for page in found.values())
    english = {name: ENGLISH.findall(page.replace(str(tmp_path), "")) for name, page in found.items()}
    assert {name: words for name, words in english.items() if words} == {}
    raw = r"\b(?:waiting_days|earlier_symptoms|benefit_fen|e_bike|surgery|True|False|None|demonstration|enacted)\b"
    named = {name: re.findall(rf"(?<![/-]){raw}", page) for name, page in found.items()}
    assert {name: words for name, words in named.items() if words} == {}


def test_the_split_among_payers_is_explained(tmp_path: Path) -> None:
    found = pages(tmp_path)
    assert {name for name, page in found.items() if "分摊方法" in page} == {"host", "levy", "explain"}


def test_every_source_has_chinese_words() -> None:
    tables = TARIFF.tables.values()
    entries = [entry for table in tables for found in table.entries.values() for entry in found]
    shown = {text for entry in entries for text in (entry.source, entry.clause) if text}
    assert len(shown) > 100
    english = {text for text in shown if re.search(r"[A-Za-z]{3,}", text)}
    assert sorted(english - set(sources_in_chinese())) == [], "add it to pricing/words/sources.zh.yaml"
    assert sorted(set(sources_in_chinese()) - shown) == [], "no entry has this source any more"
    assert [text for text in shown if " · " in text] == [], "title and clause are told apart by this mark"
    assert source_words("as reposted · art. 39", "zh") == "据转载 · 第39条"
    assert source_words("as reposted · art. 39", "en") == "as reposted · art. 39"


def test_broken_unicode_is_shown_as_escapes() -> None:
    with pytest.raises(InputError) as caught:
        quote("\ud800", TARIFF, TODAY)
    assert 'not "\\ud800"' in caught.value.message("en")
