"""The table of what the service survives, in both languages: each test is there, each count is the test's own."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("service/README.md", "service/README.zh-CN.md")
ROW = re.compile(r"^\|[^|]+\|[^|]+\| ([^|]+) \| `(tests/[\w/]+\.py)::([\w*]+)` \|$", re.MULTILINE)
COUNT = re.compile(r"\d[\d,]*")


def rows(page: str) -> list[tuple[str, str, int]]:
    """File, name and count of each row."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    for said, file, name in ROW.findall(text):
        [count] = COUNT.findall(said)
        found.append((file, name, int(count.replace(",", ""))))
    return found


def of_test(file: str, name: str) -> int:
    """What a test counts: its number, how many its table has, or how many tests there are in the file."""
    if name == "test_*":
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        return sum(isinstance(one, ast.FunctionDef) and one.name.startswith("test_") for one in tree.body)
    value = getattr(importlib.import_module(file.removesuffix(".py").replace("/", ".")), name)
    return value if isinstance(value, int) else len(value)


@pytest.mark.parametrize("page", PAGES)
def test_each_count_is_what_the_test_makes(page: str) -> None:
    told = rows(page)
    assert len(told) >= 15
    assert [(file, name, of_test(file, name)) for file, name, _ in told] == told


@pytest.mark.parametrize("page", PAGES)
def test_a_counted_name_is_used_by_its_test(page: str) -> None:
    for file, name, _ in rows(page):
        text = (ROOT / file).read_text(encoding="utf-8")
        made = re.search(rf"^{name} = ", text, re.MULTILINE)
        assert name == "test_*" or (made and len(re.findall(rf"\b{name}\b", text)) > 1) or name.endswith("TRIES"), name


def test_both_languages_tell_the_same_and_every_attack_stands_in_it() -> None:
    english, chinese = map(rows, PAGES)
    assert english == chinese
    files = {file for file, _, _ in english}
    attacks = {str(path.relative_to(ROOT)) for path in (ROOT / "tests/attacks").glob("test_*.py")}
    assert len(attacks) > 5
    assert attacks <= files
