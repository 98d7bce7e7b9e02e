"""Commands on one worker's data: give out all that is kept, and erase it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from service.cli.options import AsJson, Lang, asked_as, print_json
from service.settings import home, language

worker_app = typer.Typer(help="What is kept of one worker: given out whole, or erased.", no_args_is_help=True)
Worker = Annotated[str, typer.Argument(metavar="WORKER", help="The pseudonym that senders give the worker.")]


@worker_app.command("export")
def worker_export(worker: Worker) -> None:
    """Print all that the service keeps of a worker as JSON: quotes with request and answer, and of settled months its
    lines, rows of usage and of side files, and what was refused of them.

    What cannot be read is named in `errors`, the rest is printed all the same, and the exit code is 3.

    [bold]Example[/bold]

      licheng worker export w_4KQ7ZB2M > w_4KQ7ZB2M.json
    """
    from service import worker_data
    from service.store import workers
    from service.store.audit import OPERATOR
    from service.store.database import writing

    with asked_as({"worker": "WORKER"}), _store() as (engine, keyring):
        found = worker_data.export(engine, keyring, home(), worker)
        with writing(engine) as connection:
            workers.exported(connection, OPERATOR, found.counts)
        for piece in found.pieces:
            typer.echo(piece, nl=False)
    if found.errors:
        places = "; ".join(error["place"] for error in found.errors)
        raise InputError("export_not_whole", worker, count=len(found.errors), places=places)


@worker_app.command("erase")
def worker_erase(
    worker: Worker,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it only what would be erased is counted.")] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Erase a worker: stored requests and answers are emptied, and the id that was given is never shown again.

    Rows of settled months stay, as records of what was levied, under an id that without the secret nobody can connect
    with the worker.

    [bold]Examples[/bold]

      licheng worker erase w_4KQ7ZB2M

      licheng worker erase w_4KQ7ZB2M --yes
    """
    from service import worker_data
    from service.store.audit import OPERATOR
    from service.store.database import writing

    with asked_as({"worker": "WORKER"}), _store() as (engine, keyring):
        if yes:
            with writing(engine) as connection:
                shown = worker_data.erase(connection, keyring, worker, OPERATOR, None)
        else:
            shown = worker_data.erasable(engine, keyring, worker)
    if as_json:
        print_json(shown)
    else:
        from service.terminal.keys import show_erasure

        show_erasure(shown, language(lang))


@contextmanager
def _store() -> Iterator[tuple[Any, Any]]:
    """The store and the keyring of the environment; InputError where the store has a secret and none is given."""
    from service.auth.keyring import Keyring
    from service.cli.here import changed
    from service.secret import secret_of

    with changed() as engine:
        secret, _ = secret_of(os.environ, home(), make=False)
        if not secret:
            raise InputError("audit_without_secret", "LICHENG_SECRET")
        yield engine, Keyring.of(secret)
