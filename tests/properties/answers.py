"""Two answers to one request, side by side: the engine's and the evaluator's."""

import datetime as dt
from pathlib import Path
from typing import Any

from pricing.tariff import SHIPPED, Tariff
from service.prices.declare import declare
from service.prices.quote import quote
from tests.evaluator import evaluate, evaluate_declaration

Json = dict[str, Any]
TODAY = dt.date(2026, 11, 24)
TARIFF = Tariff.load()
SCHEMES = ("pilot_per_order", "class_rate", "courier_single", "mileage_linked")
DECLARED = ("levy_fen", "float_ppm", "declared_month", "status", "evidence")


def quoted(request: Json, tariff: Tariff = TARIFF) -> dict[str, Json]:
    """The engine's answer per scheme, as it stands."""
    return {scheme["scheme"]: scheme for scheme in quote(request, tariff, TODAY)["schemes"]}


def shortened(answer: Json, rows: int) -> Json:
    """A scheme's answer in the evaluator's words."""
    refused = {refusal["row"]: refusal["code"] for refusal in answer.get("refusals", [])}
    if "refusal" in answer:
        return {"refusal": answer["refusal"]["code"], "row_refusals": refused}
    fen = {share["row"]: share["levy_fen"] for share in answer["shares"]}
    named = {name: answer.get(name) for name in ("contribution_base_fen", "ratio_ppm")}
    marks = {name: answer[name] for name in ("premium_fen", "status", "evidence")}
    return {**marks, "shares_fen": [fen.get(i) for i in range(rows)], **named, "row_refusals": refused}


def by_engine(request: Json, tariff: Tariff = TARIFF) -> dict[str, Json]:
    """What the engine says to a quote, per scheme."""
    return {name: shortened(answer, len(request["usage"])) for name, answer in quoted(request, tariff).items()}


def by_evaluator(request: Json, rates: Path = SHIPPED) -> dict[str, Json]:
    """What the evaluator says to a quote, per scheme."""
    return evaluate(request, rates)


def declared(request: Json) -> Json:
    """What the engine says to a declaration, in the evaluator's words."""
    answer = declare(request, TARIFF, TODAY)
    if "refusal" in answer:
        return {"refusal": answer["refusal"]["code"]}
    names = (*DECLARED, "amount_millifen") if request.get("scheme") != "courier_single" else DECLARED
    return {name: answer[name] for name in names}


def declared_by_evaluator(request: Json) -> Json:
    """What the evaluator says to a declaration; per head there is no amount."""
    answer = evaluate_declaration(request, SHIPPED)
    if request.get("scheme") == "courier_single":
        answer.pop("amount_millifen", None)
    return answer
