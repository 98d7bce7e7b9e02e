"""Documents of a run, report and model cards: made with it, and made anew when an approval overrides a gate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pricing.words import LANGUAGES
from training.model_card import Card
from training.plan import Plan, read_plan
from training.report import report
from training.run_files import read_json, write_json
from training.run_folder import RunFolder

CARDS = dict(zip(LANGUAGES, ("model_card.md", "model_card.zh.md"), strict=True))
_FACTS = "run.json"


def write_documents(run: Path, folder: Path, plan: Plan, facts: Mapping[str, Any], gates: Mapping[str, Any]) -> None:
    """Report, model cards and the facts they name, into `folder`; run: where the figures of the run stand.

    facts: plan, date, plan_hash, data_hash, program, commit, synthetic, files (name and rows).
    """
    overrides = _overrides(run)
    write_json(folder / _FACTS, {"format": 1, **facts})
    (folder / "report.html").write_text(report(run, gates, overrides, facts), encoding="utf-8")
    edits = read_json(run / "edits.json")["edits"]
    card = Card(plan, facts, read_json(run / "metrics.json"), gates, edits, overrides)
    for lang, name in CARDS.items():
        (folder / name).write_text(card.text(lang), encoding="utf-8")


def documents_again(run: Path) -> None:
    """The documents of a finished run with the overrides that its approvals hold by now."""
    facts = read_json(run / _FACTS)
    write_documents(run, run, read_plan(run / "plan.yaml"), facts, read_json(run / "gates.json"))
    RunFolder(run).recorded("report")


def _overrides(run: Path) -> list[dict[str, str]]:
    """Each gate that an approval overrides, with the person and the reason."""
    approvals = read_json(run / "approvals.json").get("approvals", ())
    return [{**one, "by": approval["by"]} for approval in approvals for one in approval["overrides"]]
