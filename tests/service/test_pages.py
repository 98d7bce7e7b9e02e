"""Pages for people: both languages, marks said, and nothing heavy loaded on the way to a price."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RIDER = str(ROOT / "service" / "examples" / "rider.json")
HEAVY = ("fastapi", "duckdb", "pyarrow", "pandas", "sklearn", "mlflow", "scipy", "matplotlib", "pydantic")


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "service.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("lang", "said"), [("en", "Do not charge it"), ("zh", "请勿据此收费")])
def test_a_demonstration_says_so(lang: str, said: str) -> None:
    page = run("quote", RIDER, "--lang", lang)
    assert said in page
    assert "53.20" in page
    assert "▲" in page


def test_the_chart_marks_todays_premium() -> None:
    rider = {**json.loads(Path(RIDER).read_text(encoding="utf-8")), "curve": True}
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "quote", "-", "--json"],
        cwd=ROOT,
        input=json.dumps(rider),
        capture_output=True,
        text=True,
        check=True,
    )
    mileage = next(s for s in json.loads(done.stdout)["schemes"] if s["scheme"] == "mileage_linked")
    points = {point["distance_m"]: point["premium_fen"] for point in mileage["curve"]}
    assert points[3_490_000] == mileage["premium_fen"]
    assert list(points.values()) == sorted(points.values())
    assert max(points) == 2 * 3_490_000


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("arguments", [("schema",), ("tariff", "lint"), ("tariff", "show", "2025-08")])
def test_other_pages(lang: str, arguments: tuple[str, ...]) -> None:
    page = run(*arguments, "--lang", lang)
    assert len(page.splitlines()) > 10


def test_show_of_a_region_knows_the_two_dates() -> None:
    shown = ("tariff", "show", "2025-08", "--region", "110000", "--table", "contribution_base", "--json")
    values = [json.loads(run(*shown, "--known-on", day))["entries"][0] for day in ("2025-09-01", "2025-09-30")]
    assert [value["value"]["floor"] for value in values] == [682100, 716200]
    assert [value["status"] for value in values] == ["provisional", "enacted"]


def test_a_quote_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['licheng', 'quote', sys.argv[1]]\n"
        "from service.cli.main import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, RIDER], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "53.20" in done.stdout
    assert done.stderr.strip() == "[]"
