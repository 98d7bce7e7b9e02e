"""The command that decides a claim: whether and what a cover pays for one event, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from pricing.tariff import Tariff
from service.claims.claim import claim as decide_claim
from service.claims.claim import known_parts
from service.cli.exits import EXIT_REFUSED
from service.cli.options import AsJson, Lang, Strict, language_for, print_json
from service.clock import today
from service.reading import read_json, read_text
from service.settings import tariff_folder


def claim(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="A claim as JSON; - reads standard input.")] = "",
    parts: Annotated[bool, typer.Option("--parts", help="Print each cover's kinds of events and proofs.")] = False,
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Whether and what a cover pays for one event, step by step, with what is still to be proved.

    [bold]A claim[/bold]

      {"cover": "lumbar", "worker": "w_9TT1AAAA", "region": "110000", "occupation": "host",
      "enrolment": {"lumbar": {"from_month": "2025-01", "waiting_days": 90}},
      "event": {"date": "2025-10-14", "kind": "lumbar_illness", "source": "hospital record", "id": "ill-1"},
      "loss_fen": 520000, "proofs": {"specialist_diagnosis": true, "imaging": true}}

    A proof is true (given), false (refused) or left out (still to be proved).

    loss_fen is the whole loss of the event so far, of all who were hurt. What was paid before stands in earlier_claims,
    a list of {"month", "paid_fen", "event"}: of this event (the same id) it is taken off, of others it counts against
    the limit of twelve months.

    Damage to goods needs goods: {"declared_value_fen"}. Interruption of income needs history: {"revenue_fen":
    {"2024-10": …}}, month and revenue_fen (the month claimed), category_index: {"2024-10", "2025-10", "source"} and
    accumulation: {"claimed_fen"}, the total of all claims of the event.

    [bold]Examples[/bold]

      licheng claim claim.json

      licheng claim --parts

      cat claim.json | licheng claim - --json
    """
    tariff = Tariff.load(tariff_folder())
    if bool(source) == parts:
        raise typer.BadParameter("give a claim FILE, - for standard input, or --parts")
    if parts:
        print_json(known_parts(tariff))
        return
    raw = read_json(read_text(source), source)
    shown = language_for(lang, raw)
    answer = decide_claim(raw, tariff, today(), shown)
    if as_json:
        print_json(answer)
    else:
        from service.terminal.claim import show_claim

        show_claim(answer, shown)
    if strict and answer["decision"] == "refused":
        raise SystemExit(EXIT_REFUSED)
