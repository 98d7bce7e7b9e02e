"""Commands that put a tariff in force: approve, release, roll back, and look at what is in force."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from service.cli.options import AsJson, Lang, asked_as, print_json
from service.clock import now, today
from service.fields import read_date, read_month
from service.reading import read_text
from service.settings import home, language, named_tariff, releases_folder

_NAME = "Your name, where you have no key; a key says whose it is."
_KEY = "File that holds your key. Default: the key in LICHENG_KEY."
Candidate = Annotated[Path, typer.Argument(metavar="CANDIDATE", help="A run folder, or a tariff folder (law alone).")]
By = Annotated[str, typer.Option("--by", help="Your name, as it will stand in the record.")]
Releases = Annotated[str, typer.Option("--releases", help="Folder of releases. Default: LICHENG_HOME/releases.")]


def approve(
    candidate: Candidate,
    by: Annotated[str, typer.Option("--by", help=_NAME)] = "",
    note: Annotated[str, typer.Option(help="What you looked at, or want others to know.")] = "",
    override: Annotated[list[str] | None, typer.Option(help="A failed gate you bear: GATE or GATE/PERIL.")] = None,
    reason: Annotated[list[str] | None, typer.Option(help="Why; one for each --override, in their order.")] = None,
    key_file: Annotated[str, typer.Option(help=_KEY)] = "",
    releases: Releases = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Approve a tariff exactly as it is now; two different people must, and a change afterwards undoes it.

    It must load, lint must find no error, and each gate must have passed or be overridden by name with a reason.
    Where the service has keys of actuaries, only approvals made with them count: two keys of two people.

    [bold]Examples[/bold]

      licheng approve run --key-file my.key --note "impact report read, city pages compared"

      licheng approve run --by "Chen Yu" --override dislocation --reason "one platform left in June"

      licheng approve my_tariff --by "Li Wei"
    """
    from service.cli.here import record_here
    from service.releases.approval import Wish, pairs
    from service.releases.approval import approve as give

    wanted = pairs(override or [], reason or [])
    with record_here() as record:
        who, key_id = _signer(record, by, _token(key_file))
        shown = give(candidate, releases_folder(releases), Wish(who, now(), note, wanted, key_id), record)
    if override and (candidate / "run.json").is_file():  # an override stands in the report
        importlib.import_module("training.run_documents").documents_again(candidate)
    if as_json:
        print_json(shown)
    else:
        from service.terminal.release import show_approval

        show_approval(shown, language(lang))


def _token(key_file: str) -> str:
    return read_text(key_file) if key_file else os.environ.get("LICHENG_KEY", "")


def _signer(record: Any, by: str, token: str) -> tuple[str, str | None]:
    """Who approves, and with which key: its holder, or without a key whoever is named."""
    from service.releases.approval import same_person

    if not token.strip():
        return by, None
    if record is None:
        raise InputError("store_missing", str(home()), folder=home())
    key = record.signer(token.strip())
    if by and same_person(by) != same_person(key.holder):
        raise InputError("approval_by_other", "--by", by=by, holder=key.holder)
    return key.holder, key.id


def release(
    candidate: Candidate,
    by: By,
    releases: Releases = "",
    log: Annotated[bool, typer.Option("--log", help="Also log the run to MLflow, its version as approved.")] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Put an approved tariff in force under the next number; the whole folder is kept with its approvals and sources.

    [bold]Examples[/bold]

      licheng release run --by "Zhao Min"

      licheng release my_tariff --by "Zhao Min" --json
    """
    from service.cli.here import record_here
    from service.releases.release import release as put_in_force

    with record_here() as record:
        shown = _with_setting(put_in_force(candidate, releases_folder(releases), by, now(), record))
    if log:
        registry = importlib.import_module("training.registry")
        logged = registry.log_run(candidate)
        facts = {"by": by, "on": today().isoformat(), "release": f"{shown['number']:04d}"}
        registry.approve_version(logged.model, logged.model_version, facts)
    if as_json:
        print_json(shown)
    else:
        from service.terminal.release import show_release

        show_release(shown, language(lang))


def rollback(
    to: Annotated[int, typer.Option("--to", min=0, help="Number of an earlier release; 0 is the demonstration.")],
    by: Annotated[str, typer.Option("--by", help=_NAME)] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it must be given.")] = "",
    key_file: Annotated[str, typer.Option(help=_KEY)] = "",
    releases: Releases = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Put an earlier release in force again; nothing is deleted, and history says who did it and why.

    Where the service has keys of actuaries, it takes one of them.

    [bold]Examples[/bold]

      licheng rollback --to 1 --key-file my.key --reason "prices of Chongqing doubled"

      licheng rollback --to 0 --by "Zhao Min" --reason "back to the shipped demonstration"
    """
    from service.cli.here import record_here
    from service.releases.approval import Wish
    from service.releases.release import rollback as go_back

    with record_here() as record:
        who, key_id = _signer(record, by, _token(key_file))
        wish = Wish(who, now(), reason, key_id=key_id)
        shown = _with_setting(go_back(releases_folder(releases), to, wish, record))
    if as_json:
        print_json(shown)
    else:
        from service.terminal.release import show_rollback

        show_rollback(shown, language(lang))


def record(
    key_file: Annotated[list[str], typer.Option(help="File that holds a key of an actuary; two, of two people.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is right; it must be given.")] = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Note in the audit log what history holds and the log does not, so that the service takes it up.

    A release that was put in force from another data folder, or broke off before it was noted, is not served: look
    at it with `licheng releases` and `licheng verify --audit` first. It takes the keys of two actuaries.

    [bold]Example[/bold]

      licheng record --key-file li.key --key-file chen.key --reason "released on the other machine, tables compared"
    """
    from service.cli.here import opened
    from service.releases.release_record import StoreRecord
    from service.releases.release_standing import record as note

    with opened() as engine:
        signers = [StoreRecord(engine, releases_folder()).signer(read_text(file).strip()) for file in key_file]
        events = note(engine, releases_folder(), signers, reason)
    shown = {"format": 1, "recorded": [event.plain() for event in events]}
    if as_json:
        print_json(shown)
    else:
        from service.terminal.release import show_recorded

        show_recorded(shown, language(lang))


def releases_list(
    releases: Releases = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """List every release and rollback: when, by whom, why, and which number is in force.

    [bold]Examples[/bold]

      licheng releases

      licheng releases --json
    """
    from service.tariff.which import listed

    shown = _with_setting(listed(releases_folder(releases)))
    if as_json:
        print_json(shown)
    else:
        from service.terminal.release import show_events

        show_events(shown, language(lang))


def tariff_which(
    month: Annotated[str, typer.Option(help="The month priced, YYYY-MM.")],
    known_on: Annotated[str, typer.Option(help="In force by the end of this date. Default: today.")] = "",
    region: Annotated[str, typer.Option(help="Only what answers for this region, for example 110000.")] = "",
    table: Annotated[str, typer.Option(help="Only this table, for example contribution_base.")] = "",
    releases: Releases = "",
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Show which release was in force as known on a date, who approved it, and which entries answer for a month.

    [bold]Examples[/bold]

      licheng tariff which --month 2025-08

      licheng tariff which --month 2025-08 --known-on 2025-11-30 --region 110000 --table contribution_base
    """
    from service.tariff.which import which

    asked = read_month(month, "--month"), read_date(known_on, "--known-on") or today()
    with asked_as({"region": "--region", "table": "--table"}):
        shown = _with_setting(which(releases_folder(releases), asked, named_tariff(), region, table))
    if as_json:
        print_json(shown)
    else:
        from service.terminal.release import show_which

        show_which(shown, language(lang))


def _with_setting(shown: dict[str, Any]) -> dict[str, Any]:
    """The answer with what LICHENG_TARIFF names, for that is used whatever was released; null where it is not set."""
    named = named_tariff()
    return {**shown, "setting": None if named is None else str(named)}
