"""What a sender asks for with a month: read strictly, kept as the levy's order, which is enough to settle it again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pricing.errors import InputError
from pricing.tariff import Tariff
from pricing.units import month_text
from service.engines.left_out import check_named
from service.engines.order import covers_named, is_unfinished
from service.fields import one_of, read_known, read_month

TEXTS = ("month", "known_on", "schemes", "covers", "demonstration")


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of an upload. part: what it is; name: ours; said: the sender's, only to be shown."""

    part: str
    name: str
    said: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The order of a levy. own: the only platform whose rows are settled, "" for any; unfinished: whether the month
    was not over when it was sent.
    """

    month: str
    known_on: str
    schemes: tuple[str, ...]
    covers: tuple[str, ...]
    demonstration: bool
    own: str
    files: tuple[SentFile, ...] = ()
    unfinished: bool = False

    @classmethod
    def of(cls, texts: Mapping[str, str], own: str, tariff: Tariff, today: dt.date) -> Asked:
        """From query parameters or parts of a form, by TEXTS; InputError names what is wrong.

        Checked is what needs no file: the month, the date, names of schemes and covers, and that they may be levied.
        """
        month = read_month(texts.get("month"), "month")
        known_on = read_known(texts.get("known_on"), "known_on", today)
        if month_text(month) > known_on.isoformat()[:7]:
            raise InputError("month_not_over", "known_on", month=month_text(month), known_on=known_on)
        schemes, covers = (_names(texts.get(name, "")) for name in ("schemes", "covers"))
        for scheme in schemes:
            one_of(scheme, "schemes", tariff.work_injury)
        named = covers_named(covers, tariff, "covers")
        leave = one_of(texts.get("demonstration", "false"), "demonstration", ("true", "false")) == "true"
        if schemes or named:
            check_named(tariff.on(month, known_on), schemes, named, covers, leave)
        early = is_unfinished(month, today)
        return cls(month_text(month), known_on.isoformat(), schemes, covers, leave, own, unfinished=early)

    @classmethod
    def read(cls, order: str) -> Asked:
        """From the text that is kept."""
        kept = json.loads(order)
        names = {name: tuple(kept[name]) for name in ("schemes", "covers")}
        return cls(**{**kept, **names, "files": tuple(SentFile(**file) for file in kept["files"])})

    def names(self, upload: Path) -> dict[Path, str]:
        """What the sender calls each file. upload: the folder in which they lie."""
        return {upload / file.name: file.said for file in self.files}

    @property
    def text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False)


def _names(named: str) -> tuple[str, ...]:
    return tuple(name for name in named.split(",") if name)
