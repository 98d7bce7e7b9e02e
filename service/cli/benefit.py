"""The command that answers what the statute pays for an injury, a death or a loss of work."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pricing.errors import InputError
from pricing.tariff import Tariff
from service.claims.benefit import KINDS
from service.claims.benefit import benefit as benefit_of
from service.cli.exits import EXIT_REFUSED
from service.cli.options import AsJson, Lang, Strict, asked_as, language_for, print_json
from service.clock import today
from service.reading import read_json, read_text
from service.settings import tariff_folder


def benefit(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="A question as JSON; - reads standard input.")] = "",
    kind: Annotated[
        str, typer.Option(help="Instead of FILE: disability, care, death, stop_work or unemployment.")
    ] = "",
    month: Annotated[str, typer.Option(help="Month of the accident, death or loss of work, YYYY-MM.")] = "",
    region: Annotated[str, typer.Option(help="Six digits, for example 110000.")] = "",
    wage_fen: Annotated[
        int | None, typer.Option(help="Average contribution wage of the twelve months before, in fen.")
    ] = None,
    grade: Annotated[int | None, typer.Option(help="Grade of disability, 1 (gravest) to 10.")] = None,
    care: Annotated[str, typer.Option(help="Level of life care: full, large or part.")] = "",
    dependant: Annotated[
        list[str] | None,
        typer.Option(help="Of the dead person; once for each: spouse, child, parent… A lone one as child:lone."),
    ] = None,
    contribution_years: Annotated[
        int | None, typer.Option(help="Completed years of unemployment contributions.")
    ] = None,
    involuntary: Annotated[
        bool | None, typer.Option("--involuntary/--voluntary", help="Whether work was lost against one's will.")
    ] = None,
    scheme: Annotated[str, typer.Option(help="For example pilot_per_order: its benefits are an assumption.")] = "",
    employment: Annotated[str, typer.Option(help="none, employee or dispatched.")] = "",
    known_on: Annotated[str, typer.Option(help="Use only what was published by this date. Default: today.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """What the statute pays for an injury, a death or a loss of work, with every step and its source.

    [bold]Examples[/bold]

      licheng benefit --kind disability --grade 7 --month 2025-10 --region 110000 --wage-fen 650000

      licheng benefit --kind death --month 2025-10 --region 310000 --wage-fen 900000
      --dependant spouse --dependant child --dependant parent:lone

      licheng benefit --kind unemployment --month 2025-10 --region 110000 --contribution-years 7 --involuntary

      echo '{"benefit": "care", "month": "2025-10", "region": "110000", "care": "large"}' | licheng benefit - --json

    [bold]Keys of a FILE[/bold]

      always: benefit (the kind), month; as needed: known_on, scheme, employment, lang

      disability: region, wage_fen, grade, and care where it is granted

      care: region, care

      death: region, wage_fen, dependants, as in [{"kind": "child", "lone": true}]

      stop_work: nothing more

      unemployment: region, contribution_years, involuntary
    """
    flags = locals().copy()
    outside = ("source", "lang", "as_json", "strict")
    given = {name: value for name, value in flags.items() if name not in outside and value not in ("", None, [])}
    if source and given:
        raise typer.BadParameter("give a question FILE or the options of one question, not both")
    raw = read_json(read_text(source), source) if source else _question_of_flags(given)
    shown = language_for(lang, raw)
    places = {name: "--" + name.replace("_", "-") for name in flags if name not in outside}
    with asked_as({} if source else {**places, "dependants": "--dependant"}):
        answer = benefit_of(raw, Tariff.load(tariff_folder()), today(), shown)
    if as_json:
        print_json(answer)
    else:
        from service.terminal.benefit import show_benefit

        show_benefit(answer, shown)
    if strict and "refusal" in answer:
        raise SystemExit(EXIT_REFUSED)


def _question_of_flags(given: dict[str, Any]) -> dict[str, Any]:
    """A question from the command line's options."""
    if "kind" not in given:
        raise typer.BadParameter("give a question FILE, - for standard input, or --kind with the other options")
    if given["kind"] not in KINDS:
        raise InputError("request_value", "--kind", key="--kind", value=given["kind"], known=", ".join(KINDS))
    raw = {name: value for name, value in given.items() if name not in ("kind", "dependant")}
    raw["benefit"] = given["kind"]
    if "dependant" in given:
        raw["dependants"] = [_dependant(text) for text in given["dependant"]]
    return raw


def _dependant(text: str) -> dict[str, Any]:
    kind, colon, lone = text.partition(":")
    if colon and lone != "lone":
        raise typer.BadParameter(f"{text!r}: write a kind, or a kind with :lone, for example child:lone")
    return {"kind": kind, "lone": bool(colon)}
