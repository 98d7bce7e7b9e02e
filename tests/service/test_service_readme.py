"""The service's own page, in both languages: its calls work against a real service, its settings are the program's."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from service.secret import FILE_VARIABLE
from service.serving_found import SETTINGS
from tests.service.serving import served

ROOT = Path(__file__).parents[2]
PAGES = ("service/README.md", "service/README.zh-CN.md")
CALLS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `(LICHENG_[A-Z_]+)` \| (?:`(.*)`)? ?\| ", re.MULTILINE)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_stands_on_the_page_with_its_default(name: str) -> None:
    said = {variable: default or "" for variable, default in ROW.findall(text_of(name))}
    known = {one.variable: one.default for one in SETTINGS if not one.by_flag}
    assert said == {**known, FILE_VARIABLE: ""}


def test_both_languages_show_the_same_commands() -> None:
    commands = [
        [
            re.sub(r"\s+#.*", "", line)
            for block in re.findall(r"```(?:ba)?sh\n(.*?)```", text_of(name), re.DOTALL)
            for line in block.splitlines()
        ]
        for name in PAGES
    ]
    assert len(commands[0]) > 20
    assert commands[0] == commands[1]


@pytest.mark.parametrize("name", PAGES)
def test_files_it_points_to_exist(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text_of(name)) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / "service" / link).exists()] == []


@pytest.mark.slow
def test_the_calls_by_curl_work_one_after_the_other(tmp_path: Path) -> None:
    blocks = CALLS.findall(text_of(PAGES[0]))
    assert len(blocks) >= 4
    (tmp_path / "service").symlink_to(ROOT / "service")
    with served() as service:
        world = {"PATH": os.environ["PATH"], "AT": service.url, "KEY": service.keys["admin"]}
        script = "set -euo pipefail\n" + "echo ----\n".join(blocks)
        ran = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=world, capture_output=True, text=True, timeout=120
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    price, quote, levy, tariff = ran.stdout.split("----\n")
    assert '"schemes":' in price
    assert "the same bytes" in quote
    assert '"equal":true' in quote
    assert '"lines"' in levy or '"schemes"' in levy
    assert (tmp_path / "lines.csv").read_text(encoding="utf-8-sig").startswith('"month","worker",')
    assert tariff == "304\n"
