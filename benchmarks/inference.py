"""What a platform could infer of a worker's other platforms from its own levies, once a month is merged across them.

A synthetic month is settled whole by the engine of `licheng levy`; one platform looks at its own lines. See
`service/PRIVACY.md`, whose figures come from here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.inference_attack import Attack, Belief
from benchmarks.inference_guess import Guesses
from benchmarks.inference_month import MONTH, SIGNALS, Seen, edition_of, month_again, read_usage, seen_by, several
from pricing.edition import Edition
from training.simulate import simulate

ROWS, SEED = 100_000, 2026
PLATFORMS = ("meituan", "dada", "kuaigou")  # the largest, a middle one, a small one
SAMPLE = 200  # workers of the first platform that are looked at one by one
MONTHS = (1, 3, 6, 12)
OWN_SPREAD = 0.3  # how far a platform's own quantities of a worker go up and down from month to month
ELSEWHERE = (0.0, 0.15)  # and those elsewhere, which the attacker takes for steady
STEPS_FEN = (100, 1_000)
CLOSE = 0.25  # a guess within a quarter of the truth is called close
Table = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sampled:
    """Workers of one platform who work elsewhere as well, with the attack on each of them."""

    seen: Seen
    attacks: Mapping[str, Attack]
    guesses: Guesses

    def errors(self, unlikely: Mapping[str, np.ndarray], column: str) -> np.ndarray:
        """How far the best guess of a quantity elsewhere lies from the truth, as a share of it."""
        truths = self.seen.others[column]
        return np.array([abs(self.guesses.best(one, column) / truths[worker] - 1) for worker, one in unlikely.items()])

    def unlikely(self, levies: pd.DataFrame, signals: Sequence[str], within_fen: float = 1.0) -> dict[str, np.ndarray]:
        """Per worker how badly each drawn month explains the levies."""
        told = levies.to_dict("index")
        return {w: self.guesses.unlikely(one, told[w], signals, within_fen) for w, one in self.attacks.items()}


def run(rows: int = ROWS, sample: int = SAMPLE) -> list[str]:
    """The tables of the page."""
    tables = measured(rows, sample)
    return [line for name, table in tables.items() for line in (f"{name}:", *("  " + " | ".join(row) for row in table))]


def measured(rows: int = ROWS, sample: int = SAMPLE) -> dict[str, Table]:
    """Every table with its rows as the page shows them; the same at each run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = simulate(rows, SEED, MONTH, folder / "month")
        usage, platforms = read_usage(made), made.platforms
        seen = {name: seen_by(name, usage, platforms, folder / name) for name in PLATFORMS}
        elsewhere = several(usage)
        chosen = _sampled(seen[PLATFORMS[0]], edition_of(platforms), sample)
        return {
            "can tell that a worker works elsewhere": [_told(one, elsewhere) for one in seen.values()],
            "by one line": [_by_signal(seen[PLATFORMS[0]], elsewhere, signal) for signal in SIGNALS],
            "other columns that differ": [
                _by_column(seen[PLATFORMS[0]], c) for c in ("incomplete", "status", "evidence")
            ],
            "at the floor": [_at_the_floor(one) for one in seen.values()],
            "what arithmetic leaves possible": _left_possible(chosen),
            "the best guess": _guessed(chosen),
            "over months": [
                row for spread in ELSEWHERE for row in _over_months(chosen, usage, (platforms, folder), spread)
            ],
            "told less": _told_less(chosen, elsewhere),
            "the one sum": [_one_sum(one) for one in seen.values()],
        }


def _sampled(seen: Seen, edition: Edition, sample: int) -> Sampled:
    """Workers whose kilometres elsewhere are merged with those here, drawn at random."""
    found = sorted(set(seen.others.index) & set(seen.merged.loc[seen.merged["scheme"] == "mileage_linked", "worker"]))
    workers = np.random.default_rng(SEED).choice(found, min(sample, len(found)), replace=False)
    rows = seen.own[seen.own["worker"].isin(workers)].groupby("worker")
    return Sampled(seen, {str(w): Attack.on(of, edition) for w, of in rows}, Guesses.of(seen.own, SEED))


def _told(seen: Seen, elsewhere: set[str]) -> tuple[str, ...]:
    """Platform, workers, of whom elsewhere as well, of those told by some levy, others told by mistake."""
    workers, differing = set(seen.own["worker"]), seen.differing(SIGNALS)
    both = workers & elsewhere
    told = len(differing & elsewhere)
    return (
        seen.platform,
        f"{len(workers):,}",
        f"{len(both):,}",
        f"{told:,} = {told / len(both):.1%}",
        f"{len(differing - both)}",
    )


def _by_signal(seen: Seen, elsewhere: set[str], signal: str) -> tuple[str, ...]:
    lines = set(seen.merged.loc[seen.merged["scheme"] == signal, "worker"]) & elsewhere
    told = len(seen.differing([signal]) & lines)
    return signal, f"{len(lines):,}", f"{told:,} = {told / len(lines):.1%}"


def _by_column(seen: Seen, column: str) -> tuple[str, ...]:
    return column, f"{len(seen.differing(SIGNALS, column)):,}"


def _at_the_floor(seen: Seen) -> tuple[str, ...]:
    """Platform, and of how many of its mileage lines the base is more than the worker's whole pay."""
    lines = seen.merged[seen.merged["scheme"] == "mileage_linked"]
    pay = seen.own.groupby("worker")["income_fen"].sum().add(seen.others["income_fen"], fill_value=0)
    return seen.platform, f"{(lines['exposure'].to_numpy() > pay[lines['worker']].to_numpy()).mean():.0%}"


def _left_possible(chosen: Sampled) -> Table:
    """Belief, lines seen, share of all cells left, kilometres left ÷ true ones, pay left ÷ true, truth among them."""
    told = chosen.seen.levies().to_dict("index")
    beliefs = {"anything": Belief.anything(), "like its own workers": Belief.of_its_own(chosen.seen.own)}
    table: Table = []
    for name, belief in beliefs.items():
        for signals in (SIGNALS[:1], SIGNALS):
            found = {w: one.possible(told[w], belief, signals) for w, one in chosen.attacks.items()}
            truth = {w: tuple(chosen.seen.others.loc[w, ["distance_m", "income_fen"]]) for w in found}
            cells = np.mean([one.cells.mean() for one in found.values()])
            km = np.median([one.km() / (truth[w][0] / 1000) for w, one in found.items()])
            pay = np.median([one.yuan() / (truth[w][1] / 100) for w, one in found.items()])
            held = np.mean([one.holds(truth[w][0] / 1000, truth[w][1]) for w, one in found.items()])
            table.append((name, _names(signals), f"{cells:.1%}", f"{km:.1f}", f"{pay:.1f}", f"{held:.1%}"))
    return table


def _guessed(chosen: Sampled) -> Table:
    """Lines seen, median error of kilometres, share close, median error of pay, share close."""
    levies = chosen.seen.levies()
    return [
        (_names(signals), *_closeness(chosen, chosen.unlikely(levies, signals)))
        for signals in ((), *(SIGNALS[:seen] for seen in range(1, len(SIGNALS) + 1)))
    ]


def _closeness(chosen: Sampled, unlikely: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    km, pay = (chosen.errors(unlikely, column) for column in ("distance_m", "income_fen"))
    return tuple(text for one in (km, pay) for text in (f"{np.median(one):.0%}", f"{(one <= CLOSE).mean():.0%}"))


def _over_months(chosen: Sampled, usage: pd.DataFrame, places: tuple[Path, Path], spread: float) -> Table:
    """The same guess after some months in which the platform's own work goes up and down, that elsewhere by `spread`.

    Its errors are measured against the first month. places: the register and a folder to work in.
    """
    platforms, folder = places
    rows = usage[usage["worker"].isin(list(chosen.attacks))]
    rng, edition, table = np.random.default_rng(SEED), edition_of(platforms), []
    added = {worker: np.zeros_like(next(iter(chosen.guesses.drawn.values()))) for worker in chosen.attacks}
    for month in range(1, MONTHS[-1] + 1):
        again = rows if month == 1 else month_again(rows, chosen.seen.platform, rng, (OWN_SPREAD, spread))
        seen = seen_by(chosen.seen.platform, again, platforms, folder / f"again_{spread}_{month}")
        attacks = {str(w): Attack.on(of, edition) for w, of in seen.own.groupby("worker")}
        guesses = replace(chosen.guesses, spread=max(chosen.guesses.spread, spread))
        for worker, one in Sampled(seen, attacks, guesses).unlikely(seen.levies(), SIGNALS).items():
            added[worker] += one
        if month in MONTHS:
            table.append((f"± {spread:.0%}", f"{month}", *_closeness(chosen, added)))
    return table


def _told_less(chosen: Sampled, elsewhere: set[str]) -> Table:
    """What the platform is told, share of those elsewhere it can tell, and how near its guess comes."""
    seen, levies = chosen.seen, chosen.seen.levies()
    both = set(seen.own["worker"]) & elsewhere
    table: Table = []
    for step in (1, *STEPS_FEN):
        told = len(seen.differing_beyond(SIGNALS, step) & both) / len(both)
        coarse = (levies + step // 2) // step * step
        unlikely = chosen.unlikely(coarse, SIGNALS, 1.0 + (step / 2 if step > 1 else 0))
        table.append((f"each line, whole {step} fen", f"{told:.1%}", *_closeness(chosen, unlikely)))
    alone = Seen(seen.platform, seen.own, seen.alone, seen.alone, seen.others)
    shares = chosen.unlikely(alone.levies(), ())
    table.append(
        (
            "lines as if alone, one sum for the rest",
            f"{len(alone.differing(SIGNALS)) / len(both):.1%}",
            *_closeness(chosen, shares),
        )
    )
    return table


def _one_sum(seen: Seen) -> tuple[str, ...]:
    """Platform, and by how much the whole of its levies differs from what its own rows alone would cost."""
    merged, alone = (int(part["levy_fen"].sum()) for part in (seen.merged, seen.alone))
    return seen.platform, f"{merged / alone - 1:+.1%}"


def _names(signals: Sequence[str]) -> str:
    return " + ".join(signals) if signals else "none"
