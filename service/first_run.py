"""A first look: a rider on two platforms and a courier station, priced; then what to try next."""

from __future__ import annotations

from pathlib import Path

from pricing.tariff import Tariff
from pricing.words import say
from service.clock import today
from service.declare import declare
from service.quote import quote
from service.reading import read_json, read_text
from service.settings import language, tariff_folder
from service.terminal import show_declarations, show_quote

EXAMPLES = Path(__file__).parent / "examples"
NEXT = (
    ".venv/bin/licheng quote service/examples/rider.json --lang zh",
    ".venv/bin/licheng quote --month 2025-08 --platform sf_intracity --region 500000 --occupation instant_rider "
    "--vehicle e_bike --employment none --orders 300 --distance-m 1200000 --income-fen 300000 --active-days 20",
    ".venv/bin/licheng tariff show 2025-08 --region 110000",
    ".venv/bin/licheng tariff lint",
    ".venv/bin/licheng schema usage",
    "make test",
)


def main() -> None:
    """Price the two examples and print them as pages."""
    lang, tariff = language(), Tariff.load(tariff_folder())
    rider, station = (
        read_json(read_text(str(EXAMPLES / name)), name) for name in ("rider.json", "courier_station.json")
    )
    print(say("first_rider", lang) + "\n")
    show_quote(quote({**rider, "curve": True}, tariff, today(), lang), lang)
    print("\n" + say("first_station", lang) + "\n")
    show_declarations([declare(row, tariff, today(), lang) for row in station], lang)
    print("\n" + say("first_next", lang))
    for command in NEXT:
        print(f"  {command}")


if __name__ == "__main__":
    main()
