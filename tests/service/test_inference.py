"""What a platform could infer, measured: the attack is sound, it works, and the page says what the benchmark finds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from benchmarks.inference import Sampled, measured
from benchmarks.inference_attack import Attack, Belief
from benchmarks.inference_guess import Guesses
from benchmarks.inference_month import MONTH, SIGNALS, Seen, edition_of, read_usage, seen_by, several
from training.simulate import simulate

PAGES = [Path(__file__).parents[2] / "service" / name for name in ("PRIVACY.md", "PRIVACY.zh-CN.md")]
TABLES = 9  # of figures on the page
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Month:
    """A small month that one platform looks at. elsewhere: workers of several platforms."""

    seen: Seen
    elsewhere: set[str]
    chosen: Sampled


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder = tmp_path_factory.mktemp("month")
    made = simulate(6_000, 7, MONTH, folder / "made")
    usage = read_usage(made)
    seen = seen_by("meituan", usage, made.platforms, folder / "seen")
    workers = sorted(set(seen.others.index) & seen.differing(["mileage_linked"]))[:40]
    rows = seen.own[seen.own["worker"].isin(workers)].groupby("worker")
    attacks = {str(worker): Attack.on(of, edition_of(made.platforms)) for worker, of in rows}
    return Month(seen, several(usage), Sampled(seen, attacks, Guesses.of(seen.own, 7)))


def test_nobody_who_works_for_one_platform_alone_is_suspected(month: Month) -> None:
    alone = set(month.seen.own["worker"]) - month.elsewhere
    assert len(alone) > 500
    assert not month.seen.differing(SIGNALS) & alone


def test_nearly_all_who_work_elsewhere_are_found_out(month: Month) -> None:
    both = set(month.seen.own["worker"]) & month.elsewhere
    assert len(both) > 200
    assert len(month.seen.differing(SIGNALS) & both) > 0.95 * len(both)


def test_what_arithmetic_leaves_possible_holds_the_truth(month: Month) -> None:
    told, others = month.seen.levies().to_dict("index"), month.seen.others
    for worker, attack in month.chosen.attacks.items():
        found = attack.possible(told[worker], Belief.anything(), SIGNALS)
        assert found.holds(others.loc[worker, "distance_m"] / 1000, others.loc[worker, "income_fen"]), worker
        assert 0 < found.cells.mean() < 1, "something is ruled out, and something is left"


def test_the_levies_of_another_month_rule_the_truth_out(month: Month) -> None:
    told, others, lost = month.seen.levies().to_dict("index"), month.seen.others, 0
    for worker, attack in month.chosen.attacks.items():
        other = {name: fen * 1.3 for name, fen in told[worker].items()}
        found = attack.possible(other, Belief.of_its_own(month.seen.own), SIGNALS)
        lost += not found.holds(others.loc[worker, "distance_m"] / 1000, others.loc[worker, "income_fen"])
    assert lost > 0.5 * len(month.chosen.attacks)


def test_the_levies_bring_the_best_guess_much_nearer(month: Month) -> None:
    levies = month.seen.levies()
    none, one, all_of_them = [
        np.median(month.chosen.errors(month.chosen.unlikely(levies, signals), "distance_m"))
        for signals in ((), SIGNALS[:1], SIGNALS)
    ]
    assert none > 1.5 * max(one, all_of_them)


def tables(page: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Name and rows (cells) of every table of a page whose figures come from the benchmark."""
    for name, text in re.findall(r"<!-- (\w+) -->\n((?: *\|.*\n)+)", page.read_text(encoding="utf-8")):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()]
        yield name, rows[2:]


def numbers(rows: list[list[str]]) -> list[float]:
    """All numbers of a table, in order."""
    return [float(found.replace(",", "")) for row in rows for cell in row for found in NUMBER.findall(cell)]


def test_both_languages_tell_the_same_figures() -> None:
    english, chinese = (dict(tables(page)) for page in PAGES)
    assert len(english) == TABLES
    assert list(english) == list(chinese)
    assert {name: numbers(rows) for name, rows in english.items()} == {n: numbers(rows) for n, rows in chinese.items()}


@pytest.mark.slow
def test_the_page_tells_what_the_benchmark_finds() -> None:
    found = [[list(row) for row in table] for table in measured().values()]
    told = dict(tables(PAGES[0]))
    order = ("told", "signals", "columns", "floor", "possible", "guess", "months", "less", "sum")
    for name, rows in zip(order, found, strict=True):
        assert [row[0] for row in told[name]] == [row[0] for row in rows]
        assert numbers(told[name]) == pytest.approx(numbers(rows), rel=0.03, abs=1.5), name
