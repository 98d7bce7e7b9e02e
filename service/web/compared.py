"""What today's law takes against the proposal: the figures at the top of a rider's answer, out of the API's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pricing.tariff import Tariff
from service.web.curve_chart import CurveChart, curve_chart

Answer = Mapping[str, Any]
_NOT_KNOWN = ("scope_not_established", "month_before_first_entry")  # of the law itself, not of this work


@dataclass(frozen=True, slots=True)
class Compared:
    """law: schemes that are due; law_fen: what they take, None where one has no price or it is not known."""

    law: Sequence[Answer]
    law_fen: int | None
    proposal: Answer | None
    chart: CurveChart | None
    unsure: Answer | None  # why it is not known whether the law takes more

    @property
    def proposal_fen(self) -> int | None:
        """Premium of the proposal; None where it has none."""
        return None if self.proposal is None else self.proposal["premium_fen"]

    @property
    def incomplete(self) -> bool:
        """Whether a refused row is left out of a figure."""
        return any(one.get("incomplete", False) for one in (*self.law, *([self.proposal] if self.proposal else [])))

    @property
    def difference_fen(self) -> int | None:
        """Proposal less law; None where one is missing or incomplete, or two laws
        hold side by side: one figure against their sum would mislead."""
        missing = self.law_fen is None or self.proposal_fen is None or self.incomplete
        return None if missing or len(self.law) > 1 else (self.proposal_fen or 0) - (self.law_fen or 0)


def compared(answer: Answer, tariff: Tariff) -> Compared:
    """The law's schemes and the proposal of an answer, with the curve of the proposal."""
    law = [one for one in answer["schemes"] if one["due"]]
    premiums = [one["premium_fen"] for one in law]
    unsure = next((said for one in answer["schemes"] if (said := _unsure(one, tariff))), None)
    law_fen = None if None in premiums or unsure else sum(premiums)
    proposals = [one for one in answer["schemes"] if tariff.schemes[one["scheme"]].scope == "proposal"]
    proposal = proposals[0] if proposals else None
    chart = None
    if proposal is not None and proposal.get("curve"):
        curve = [(point["distance_m"], point["premium_fen"]) for point in proposal["curve"]]
        chart = curve_chart(curve, answer["merged"].get("distance_m", 0), law_fen if len(law) == 1 else None)
    return Compared(law, law_fen, proposal, chart, unsure)


def _unsure(one: Answer, tariff: Tariff) -> Answer | None:
    """Why it is not known whether a scheme of the law is due; None where it is known."""
    if one["due"] or one["premium_fen"] is not None or tariff.schemes[one["scheme"]].scope == "proposal":
        return None
    open_ones = (said for said in one["refusals"] if said["code"] in _NOT_KNOWN or not said["out_of_scope"])
    return next(open_ones, None)


def sheets(worksheet: Sequence[Answer]) -> list[tuple[int, bool, list[Answer]]]:
    """A worksheet row by row: (row, whether its first steps are those of the row before, the steps to show)."""
    rows = [(row, list(lines)) for row, lines in groupby(worksheet, key=lambda line: line["row"])]
    found: list[tuple[int, bool, list[Answer]]] = []
    for place, (row, lines) in enumerate(rows):
        before = [line["text"] for line in rows[place - 1][1][:-1]] if place else []
        same = bool(before) and before == [line["text"] for line in lines[:-1]]
        found.append((row, same, lines[-1:] if same else lines))
    return found


def out_of_scope(answer: Answer) -> bool:
    """Whether a refused scheme or cover is simply for other work: nothing to mend."""
    return answer["premium_fen"] is None and all(one["out_of_scope"] for one in answer["refusals"])
