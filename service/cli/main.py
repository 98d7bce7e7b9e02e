"""The command line: routes arguments to the doors and prints their answers. It decides nothing itself."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any

import typer

from pricing.errors import InputError, LichengError
from pricing.tariff import Tariff
from service.cli.benefit import benefit
from service.cli.claim import claim
from service.cli.compare import compare
from service.cli.exits import EXIT_BUG, EXIT_INPUT, EXIT_REFUSED, exit_code
from service.cli.key import key_app
from service.cli.levy import check, explain, levy
from service.cli.monitor import monitor
from service.cli.options import AsJson, Lang, Strict, WrongCall, asked_as, language_for, print_json
from service.cli.registry import registry_app
from service.cli.release import approve, record, release, releases_list, rollback
from service.cli.serve import serve
from service.cli.simulate import simulate
from service.cli.store import store_app
from service.cli.tariff import tariff_app
from service.cli.train import score, train
from service.cli.verify import verify
from service.cli.version import before_a_command
from service.cli.worker import worker_app
from service.clock import today
from service.prices.declare import declared, read_csv_totals
from service.prices.quote import quote as quote_one
from service.reading import read_json, read_text
from service.refusals import of_error
from service.settings import language, spoken, tariff_folder

# Fields of a request that an option has given, where all of it is made of options.
_OF_FLAGS = {
    "month": "--month",
    "known_on": "--known-on",
    "platforms, row 0, platform": "--platform",
    "platforms, row 0, region": "--region",
    "platforms": "--pilot-tier",
}

app = typer.Typer(
    name="licheng",
    help="Licheng (里程): prices of occupational risk from a month's work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.callback()(before_a_command)
app.add_typer(tariff_app, name="tariff")
app.add_typer(registry_app, name="registry")
app.add_typer(key_app, name="key")
app.add_typer(worker_app, name="worker")
app.add_typer(store_app, name="store")
for month_command in (check, levy, explain, verify, simulate, train, score):
    app.command()(month_command)
app.command("monitor")(monitor)
app.command("compare")(compare)
app.command("benefit")(benefit)
app.command("claim")(claim)
for release_command in (approve, release, rollback, record):
    app.command()(release_command)
app.command("releases")(releases_list)
app.command("serve")(serve)


def main() -> None:
    """Run the command line; errors become one sentence in the language asked for, and an exit code."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        app(standalone_mode=True)
    except LichengError as error:
        _fail(error, exit_code(error))
    except BrokenPipeError:
        os._exit(EXIT_INPUT)
    except (OSError, UnicodeEncodeError) as error:
        _fail(InputError("not_written", "", reason=str(error)), EXIT_INPUT)
    except Exception as error:  # a bug: say so in one sentence, keep the traceback for whoever asks
        if os.environ.get("LICHENG_DEBUG"):
            raise
        _fail(LichengError("bug", "", reason=f"{type(error).__name__}: {error}"), EXIT_BUG)


def _stop(number: int, frame: object) -> None:
    """A polite kill ends like Ctrl-C: nothing stays half written."""
    raise KeyboardInterrupt


def _fail(error: LichengError, code: int) -> None:
    """The error on standard error, or with --json as an object on standard output."""
    asked = dict(zip(sys.argv, sys.argv[1:], strict=False)).get("--lang", "")
    lang = spoken(asked)
    if "--json" in sys.argv:
        print_json({"format": 1, "error": of_error(error)})
    place = f"{error.place}: " if error.place else ""
    typer.echo(f"licheng: {place}{error.message(lang)} [{error.code}]", err=True)
    raise SystemExit(code)


@app.command()
def quote(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="A request as JSON; - reads standard input.")] = "",
    month: Annotated[str, typer.Option(help="Instead of FILE: the month, YYYY-MM.")] = "",
    platform: Annotated[str, typer.Option(help="Platform, for example meituan.")] = "",
    region: Annotated[str, typer.Option(help="Six digits, for example 500000.")] = "",
    occupation: Annotated[str, typer.Option(help="For example food_rider.")] = "",
    vehicle: Annotated[str, typer.Option(help="For example e_bike.")] = "",
    employment: Annotated[str, typer.Option(help="none, employee or dispatched.")] = "",
    industry: Annotated[str, typer.Option(help="Of the employer: GB/T 4754 name or division code.")] = "",
    risk_class: Annotated[int | None, typer.Option(help="Class of the employer, 1 to 8.")] = None,
    orders: Annotated[int | None, typer.Option(help="Completed orders of the month.")] = None,
    distance_m: Annotated[int | None, typer.Option(help="Metres of the month.")] = None,
    income_fen: Annotated[int | None, typer.Option(help="Pay before tax, in fen.")] = None,
    active_days: Annotated[int | None, typer.Option(help="Days with work.")] = None,
    worked_min: Annotated[int | None, typer.Option(help="Minutes worked.")] = None,
    night_min: Annotated[int | None, typer.Option(help="Minutes worked 22:00-06:00.")] = None,
    pilot_tier: Annotated[str, typer.Option(help="Tier of the platform in the province: low or high.")] = "",
    known_on: Annotated[str, typer.Option(help="Use only what was published by this date. Default: today.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Price one worker's month under every scheme, side by side, with the steps of each price.

    [bold]Examples[/bold]

      licheng quote request.json

      licheng quote --month 2025-08 --platform sf_intracity --region 500000 --occupation instant_rider
      --vehicle e_bike --employment none --orders 620 --distance-m 2790000 --income-fen 520000 --active-days 26

      cat request.json | licheng quote - --json
    """
    flags = locals().copy()
    outside = ("source", "lang", "as_json", "strict")
    if source and any(value not in ("", None) for name, value in flags.items() if name not in outside):
        raise typer.BadParameter("give a request FILE or the options of one row, not both")
    raw = read_json(read_text(source), source) if source else _request_of_flags(flags)
    if isinstance(raw, dict) and not as_json:
        raw = {"curve": True, "technical": True, **raw}
    shown = language_for(lang, raw)
    with asked_as({} if source else _OF_FLAGS):
        answer = quote_one(raw, Tariff.load(tariff_folder()), today(), shown)
    if as_json:
        print_json(answer)
    else:
        from service.terminal.prices import show_quote

        show_quote(answer, shown)
    refusals = [refusal for scheme in answer["schemes"] for refusal in scheme["refusals"]]
    _exit_if_refused(strict, [refusal for refusal in refusals if not refusal["out_of_scope"]])


def _request_of_flags(flags: dict[str, Any]) -> dict[str, Any]:
    """A request from the command line's options: one row."""
    if not flags["month"]:
        raise typer.BadParameter("give a request FILE, - for standard input, or --month with the other options")
    request = {"month": flags["month"], "worker": "w_command_line"}
    if flags["known_on"]:
        request["known_on"] = flags["known_on"]
    outside = ("source", "month", "known_on", "lang", "as_json", "strict", "pilot_tier")
    row = {name: value for name, value in flags.items() if name not in outside and value not in ("", None)}
    terms = {"platform": flags["platform"], "region": flags["region"], "pilot_tier": flags["pilot_tier"]}
    return {**request, "usage": [row], "platforms": [terms] if flags["pilot_tier"] else []}


def _exit_if_refused(strict: bool, refused: list[Any]) -> None:
    if strict and refused:
        raise SystemExit(EXIT_REFUSED)


@app.command()
def declare(
    source: Annotated[
        str, typer.Argument(metavar="FILE|-", help="JSON (one object or a list) or CSV; - reads standard input.")
    ],
    lang: Lang = "",
    as_json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Price totals without workers: the legal amount of a platform, region and industry, rounded once.

    [bold]Examples[/bold]

      licheng declare totals.csv

      echo '{"month": "2025-07", "platform": "didi", "region": "110000", "pilot_industry": "ride_hailing",
      "orders": 45678901}' | licheng declare - --json
    """
    text = read_text(source)
    sent = read_json(text, source) if text.lstrip()[:1] in ("{", "[") else read_csv_totals(text, source)
    shown = language(lang)
    answers = list(declared(sent, Tariff.load(tariff_folder()), today(), shown, source))
    if as_json:
        print_json(answers if isinstance(sent, list) else answers[0])
    else:
        from service.terminal.prices import show_declarations

        show_declarations(answers, shown)
    _exit_if_refused(strict, [answer for answer in answers if "refusal" in answer])


@app.command()
def schema(
    name: Annotated[
        str,
        typer.Argument(
            help="usage, platforms, declaration, enrolments, history, lines, declarations, refusals_file, codes,"
            " refusals; all of them by default."
        ),
    ] = "all",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Print the contract's tables from the code: columns with types and limits, codes, refusals.

    [bold]Examples[/bold]

      licheng schema usage

      licheng schema refusals --lang zh

      licheng schema --json
    """
    from service.schema import contract

    tables = contract(Tariff.load(tariff_folder()), language(lang))
    if name != "all" and name not in tables:
        raise WrongCall("request_value", "NAME", key="schema", value=name, known=", ".join((*tables, "all")))
    chosen = tables if name == "all" else {name: tables[name]}
    if as_json:
        print_json(chosen)
    else:
        from service.terminal.schema import show_schema

        show_schema(chosen, language(lang))


if __name__ == "__main__":
    main()
