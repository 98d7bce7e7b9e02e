"""Makes the reference tariff: draws the book, trains each plan on it, and adds what they publish to the tariff."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pricing.tariff import SHIPPED
from training.pipeline import train
from training.reference.book import Size
from training.reference.chinese import SOURCES, with_sources
from training.reference.rows import write_rows
from training.reference.stripped import sources, write_without
from training.run_state import Progress

PLANS = ("work_injury", "third_party", "cargo_damage")  # each grows from the tariff that the one before made
KNOWN_FROM = dt.date(2026, 11, 26)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reference is shipped: a tariff folder, and the file with the Chinese words of its sources; where its
    plans are.
    """

    tariff: Path = SHIPPED
    sources: Path = SOURCES
    plans: Path = Path(__file__).parent


_SHIPPED = Place()


@dataclass(frozen=True, slots=True)
class Reference:
    """What was made. tariff: a whole tariff folder; base: the tariff without the reference's entries; place: where both
    belong; chinese: text of the Chinese sources with those of the entries.
    """

    tariff: Path
    base: Path
    place: Place
    chinese: str

    def tables(self) -> tuple[str, ...]:
        """Files with entries of the reference, relative to the tariff."""
        return tuple(name for name in _names(self.tariff) if _bytes(self.tariff, name) != _bytes(self.base, name))

    def differing(self) -> tuple[str, ...]:
        """Files that are not as they are shipped."""
        both = sorted({*_names(self.tariff), *_names(self.place.tariff)})
        unlike = [name for name in both if _bytes(self.tariff, name) != _bytes(self.place.tariff, name)]
        words = self.place.sources
        return (*unlike, *([] if self.chinese == words.read_text(encoding="utf-8") else [words.name]))

    def write(self) -> None:
        """Put the tables in the place of the shipped ones."""
        for name in self.tables():
            shutil.copyfile(self.tariff / name, self.place.tariff / name)
        self.place.sources.write_text(self.chinese, encoding="utf-8")


def make(out: Path, size: Size, known_from: dt.date, progress: Progress, place: Place = _SHIPPED) -> Reference:
    """Do everything in the new folder `out`, which keeps data, runs, reports and model cards.

    progress is told each step with its rows. FileExistsError where `out` is there; InputError of the training.
    """
    out.mkdir(parents=True)
    base = write_without(place.tariff, out / "base")
    progress("book", size.workers * size.months)
    write_rows(size, out / "book")
    tariff = base
    for name in PLANS:
        plan = out / "book" / f"{name}.yaml"
        shutil.copyfile(place.plans / plan.name, plan)
        run = out / name / f"seed_{size.seed}"  # its name stands in the entries' source
        train(plan, run, known_from, progress, partial(Path, tariff))
        tariff = run / "tariff"
    text = with_sources(place.sources.read_text(encoding="utf-8"), sources(place.tariff), sources(tariff))
    return Reference(tariff, base, place, text)


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def _bytes(folder: Path, name: str) -> bytes | None:
    path = folder / name
    return path.read_bytes() if path.is_file() else None
