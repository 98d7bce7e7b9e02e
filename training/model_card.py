"""The model card: what a candidate is for, what it rests on, what it is worth and where it ends, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pricing.words import say
from training.plan import Plan


@dataclass(frozen=True, slots=True)
class Card:
    """What a card is written from: the plan, facts of the run, and `metrics.json`, `gates.json`, the edits.

    facts: date, data_hash, plan_hash, program, commit, synthetic, files (name and rows), months ("" where unknown).
    """

    plan: Plan
    facts: Mapping[str, Any]
    metrics: Mapping[str, Any]
    gates: Mapping[str, Any]
    edits: Sequence[Mapping[str, Any]]
    overrides: Sequence[Mapping[str, str]] = ()

    def text(self, lang: str) -> str:
        """Markdown in `en` or `zh`."""
        return "\n".join(self._lines(lang)) + "\n"

    def _lines(self, lang: str) -> Iterator[str]:
        plan, facts = self.plan, self.facts

        def t(code: str, **values: object) -> str:
            return say(code, lang, **values)

        yield f"# {t('card_title', name=plan.name)}"
        if facts["synthetic"]:
            yield f"\n> {say('report_synthetic', lang)}"
        yield f"\n## {t('card_purpose')}\n\n{plan.desk.purpose or t('card_not_stated')}\n\n{t('card_uses')}"
        yield f"\n## {t('card_data')}\n"
        for name, rows in facts["files"]:
            yield f"- {t('card_file', file=name, rows=f'{rows:,}')}"
        yield f"- {t('card_hashes', data=facts['data_hash'], plan=facts['plan_hash'])}"
        yield f"- {t('card_made', date=facts['date'], program=facts['program'], commit=facts['commit'] or '–')}"
        yield f"\n## {t('card_factors')}\n"
        for factor in plan.factors:
            shape = t(f"card_shape_{factor.shape}") + (f", {t('card_monotone')}" if factor.monotone else "")
            yield f"- {factor.name}: {shape}"
        yield f"\n{t('card_refused', names=', '.join(plan.prohibited) or t('card_none'))}"
        yield f"\n## {t('card_figures')}\n"
        yield from self._figures(t)
        yield f"\n## {t('card_gates')}\n"
        message = "message_zh" if lang == "zh" else "message"
        for gate in self.gates["gates"]:
            where = f"{gate['peril']}: " if gate["peril"] else ""
            yield f"- {'✓' if gate['passed'] else '✗'} {where}{gate[message]}"
        for one in self.overrides:
            yield f"- {say('report_overridden', lang)} {one['gate']} · {one['by']} · {one['reason']}"
        yield f"\n## {t('card_edits')}\n"
        for one in self.edits:
            values = {name: one[name] for name in ("peril", "factor", "level", "by", "reason")}
            values |= {name: f"{one[name]:.4f}" for name in ("fitted", "edited")}
            yield f"- {t('card_edit', **values)}"
        if not self.edits:
            yield t("card_no_edits")
        yield f"\n## {t('card_limits')}\n\n{t('card_limits_text')}"
        for one in self.metrics["notices"]:
            yield f"- {one[message]}"
        owner, review = plan.desk.owner or t("card_not_stated"), plan.desk.review_by or t("card_not_stated")
        yield f"\n## {t('card_owner')}\n\n{t('card_owned', owner=owner, review=review)}"

    def _figures(self, t: Any) -> Iterator[str]:
        names = ("rows", "claims", "deviance", "gain", "explained", "cells", "model")
        yield "| " + " | ".join([t("card_peril"), *(t(f"card_figure_{name}") for name in names)]) + " |"
        yield "|---" * (len(names) + 1) + "|"
        for name, own in self.metrics["perils"].items():
            cells = [
                name,
                f"{own['rows']:,}",
                f"{own['claims']:,.0f}",
                f"{own['test_deviance']:.3f}",
                f"{own['gain']:.3f} ± {own['gain_error']:.3f}",
                f"{100 * own['explained']:.1f} %",
                str(own["cells"]),
                str(own["candidate"]),
            ]
            yield "| " + " | ".join(cells) + " |"
