"""The command that serves: looks at what it was told, opens the door, says where."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pricing.words import say
from service.cli.exits import EXIT_CALL
from service.cli.options import AsJson, Lang, asked_as, print_json
from service.settings import language, spoken

if TYPE_CHECKING:
    from service.operations.checks import Checked

_RIDER = Path(__file__).parents[1] / "examples" / "rider.json"
_NO_OTHERS = 0o077  # what this process writes is its owner's alone


def serve(
    host: Annotated[str | None, typer.Option(help="Address. Default: LICHENG_HOST, else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0: a free one. Default: LICHENG_PORT, else 8000.")] = None,
    home: Annotated[Path | None, typer.Option(help="Data folder. Default: LICHENG_HOME, else this folder.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Make two keys while it runs; on loopback only.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say how it would serve, what is unsafe, whether the port is free.")
    ] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Serve the API and the page until Ctrl-C. Settings come from flags, else from LICHENG_ variables.

    Exit code 2 where it would be unsafe or cannot work: nothing is served then.

    [bold]Examples[/bold]

      licheng serve --demo

      licheng serve --check

      LICHENG_DATABASE_URL=postgresql://… LICHENG_SECRET_FILE=… licheng serve --host 0.0.0.0 --port 8080
    """
    from service.operations.checks import checked

    options = {"host": host, "port": port, "home": home, "demo": demo or None}
    shown = language(lang or spoken())
    found = checked(os.environ, options, starting=not check)
    if as_json and (check or found.wrong):
        print_json(found.plain())
    elif check:
        from service.terminal.serve import show_check

        show_check(found.given, found.notes, found.wrong, shown)
    if found.wrong:
        refuse(found, shown, quiet=check)
    if not check:
        run(found, shown)


def run(found: Checked, lang: str, trial: bool = False) -> None:
    """Serve in this process until it is told to stop. trial: print a first call as well, and take a free port where
    the one asked for is taken."""
    from service.app import create_app
    from service.operations import checks, listening, server

    assert found.serving is not None
    serving = found.serving
    os.umask(_NO_OTHERS)
    checks.home_made(serving.home)
    with asked_as({"LICHENG_PORT": "LICHENG_PORT"}):  # another port or address is another call
        opened = listening.bound(serving, else_any=trial)
    app, address = create_app(serving), listening.address_of(opened)

    def listens() -> None:
        lines = [say("serve_listens", lang, address=address)]
        if serving.demo:
            made = server.demonstration_keys(app)
            lines.append(say("serve_demo_insurer", lang, token=made.insurer.text))
            lines.append(say("serve_demo_platform", lang, token=made.platform.text))
        if serving.demo and trial:
            lines += [say("serve_page", lang, address=address), say("serve_first_call", lang)]
            lines.append(f"  {first_call(address, made.insurer.text)}")
        sys.stdout.write("\n".join([*lines, ""]))  # in one piece: the log writes beside it
        sys.stdout.flush()

    server.serve(app, serving, opened, listens)


def first_call(address: str, token: str) -> str:
    """A first call to paste into another terminal, wherever it stands: the shipped rider's month on two platforms."""
    headers = f"-H 'Authorization: Bearer {token}' -H 'Content-Type: application/json'"
    return f"curl -s {address}/v1/prices {headers} --data-binary @{shlex.quote(str(_RIDER))}"


def refuse(found: Checked, lang: str, quiet: bool = False) -> None:
    """Exit 2, and say why unless a page has said it."""
    for error in () if quiet else found.wrong:
        place = f"{error.place}: " if error.place else ""
        typer.echo(f"licheng: {place}{error.message(lang)} [{error.code}]", err=True)
    raise SystemExit(EXIT_CALL)
