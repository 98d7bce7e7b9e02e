"""Both READMEs print what their commands print."""

import os
import re

import pytest

from tests.house.readme import BLOCK, ROOT, rewritten

PAGES = ("README.md", "README.zh-CN.md")


@pytest.mark.parametrize("name", PAGES)
def test_output_is_what_the_commands_print(name: str) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) >= 5
    now = rewritten(text)
    if os.environ.get("LICHENG_REWRITE"):
        path.write_text(now, encoding="utf-8")
    assert now == text or os.environ.get("LICHENG_REWRITE")


@pytest.mark.parametrize("name", PAGES)
def test_files_it_points_to_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_both_languages_show_the_same_commands() -> None:
    commands = [
        [
            re.sub(r" --lang zh", "", line)
            for line in (ROOT / name).read_text(encoding="utf-8").split("\n")
            if line[:2] == "$ "
        ]
        for name in PAGES
    ]
    assert commands[0] == commands[1]
