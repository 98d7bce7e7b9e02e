"""Each platform's change explained to the fen: usage, mix, law, model, limits, one after another; they sum exactly.

Every step between two terms is a settlement in whole fen, so each term is the difference of two of them and the sum
telescopes. Of the terms of the tariff, law is measured first and model second, both without the limits of the ratio;
limits is what those add to the change, so that a change that the limits take back shows as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pricing.units import IntArray, parts_of
from pricing.usage import Usage
from training.impact_editions import STEPS
from training.impact_settled import Charged

TERMS = ("usage_fen", "mix_fen", "law_fen", "model_fen", "limits_fen")


@dataclass(slots=True)
class Explained:
    """Sums of one scheme per platform. before: units and old fen of an earlier month, None where there is none;
    steps: units of the month's old prices, then fen after each of STEPS.
    """

    before: dict[str, IntArray] | None = None
    steps: dict[str, IntArray] = field(default_factory=dict)

    def add(self, usage: Usage, charged: Mapping[str, Charged]) -> None:
        """A batch of the month. charged: by STEPS."""
        columns = [charged[STEPS[0]].units, *(charged[step].fen for step in STEPS)]
        _add(self.steps, usage, columns)

    def add_before(self, usage: Usage, old: Charged) -> None:
        """A batch of the earlier month, under the old tariff."""
        self.before = {} if self.before is None else self.before
        _add(self.before, usage, [old.units, old.fen])

    def platforms(self) -> list[dict[str, object]]:
        """Each platform's terms, the most money first."""
        names = dict.fromkeys((*self.steps, *(self.before or {})))
        lines = [{"platform": name, **self._terms(name)} for name in names]
        return sorted(lines, key=lambda line: (-int(str(line["new_fen"])), str(line["platform"])))

    def total(self) -> dict[str, int]:
        """The platforms' terms, added."""
        lines = [self._terms(name) for name in dict.fromkeys((*self.steps, *(self.before or {})))]
        return {key: sum(line[key] for line in lines) for key in ("old_fen", "change_fen", *TERMS, "new_fen")}

    def _terms(self, platform: str) -> dict[str, int]:
        """From the old price (of the earlier month, if there is one) to the new price."""
        none = np.zeros(1 + len(STEPS), dtype=np.int64)
        units, old, old_free, law_free, new_free, new = self.steps.get(platform, none).tolist()
        units_before, before = (units, old) if self.before is None else self.before.get(platform, none[:2]).tolist()
        usage = parts_of(before, units - units_before, units_before) if units_before else 0
        return {
            "units_before": units_before,
            "units": units,
            "old_fen": before,
            "usage_fen": usage,
            "mix_fen": old - before - usage,
            "law_fen": law_free - old_free,
            "model_fen": new_free - law_free,
            "limits_fen": (new - new_free) - (old - old_free),
            "new_fen": new,
            "change_fen": new - before,
        }


def _add(sums: dict[str, IntArray], usage: Usage, columns: list[IntArray]) -> None:
    """Add columns of rows per platform; rows without a platform were refused by every scheme."""
    texts, codes = usage.texts.get("platform", ()), usage.codes.get("platform")
    if codes is None:
        return
    added = np.zeros((len(texts) + 1, len(columns)), dtype=np.int64)
    for place, column in enumerate(columns):
        np.add.at(added[:, place], codes, column)
    for platform, row in zip(texts, added, strict=False):
        if row.any():
            sums[platform] = sums.get(platform, 0) + row
