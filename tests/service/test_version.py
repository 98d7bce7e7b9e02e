"""`licheng --version`: the program's version and which tariff answers, without a table being read."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pricing.tariff import SHIPPED
from tests.months import run
from tests.service.releases import law, released
from tests.service.test_pages import HEAVY

FIRST = f"licheng {version('licheng')}"


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_shipped_demonstration_a_release_and_a_named_folder(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    monkeypatch.delenv("LICHENG_LANG", raising=False)

    def said() -> list[str]:
        done = run(flag)
        assert (done.code, done.err) == (0, "")
        return done.out.splitlines()

    assert said() == [FIRST, "Tariff: the shipped demonstration; nothing is released yet"]
    released(law(tmp_path / "law"), tmp_path / "releases")
    assert said() == [FIRST, "Tariff: release 1"]
    monkeypatch.setenv("LICHENG_LANG", "zh")
    assert said() == [FIRST, "费率方案：第 1 次发布"]
    monkeypatch.setenv("LICHENG_TARIFF", str(SHIPPED))
    assert said()[1].startswith(f"费率方案：LICHENG_TARIFF 指定的目录 {SHIPPED}")


def test_a_release_that_was_changed_is_told_after_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICHENG_HOME", str(tmp_path))
    monkeypatch.delenv("LICHENG_TARIFF", raising=False)
    released(law(tmp_path / "law"), tmp_path / "releases")
    path = tmp_path / "releases" / "0001" / "regions.yaml"
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8") + "\n# by hand\n", encoding="utf-8")
    done = run("--version")
    assert (done.code, done.out.splitlines(), "[release_altered]" in done.err) == (4, [FIRST], True)


def test_it_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['licheng', '--version']\n"
        "from service.cli.main import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.splitlines()[0], done.stderr.strip()) == (FIRST, "[]")
