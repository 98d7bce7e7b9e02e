"""Commands on the store: its schema, what it holds, backup and restore."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from service.cli.options import AsJson, Lang, print_json
from service.settings import home, language

store_app = typer.Typer(help="The store of the service: schema, contents, backup, restore.", no_args_is_help=True)


@store_app.command("upgrade")
def store_upgrade(lang: Lang = "", as_json: AsJson = False) -> None:
    """Bring the store to this program's schema, made where there is none; `licheng serve` does it as well.

    [bold]Examples[/bold]

      licheng store upgrade

      LICHENG_DATABASE_URL=postgresql://licheng@db/licheng licheng store upgrade
    """
    from service.cli.here import opened
    from service.store.contents import contents

    with opened() as engine:
        _show(contents(engine), lang, as_json)


@store_app.command("status")
def store_status(lang: Lang = "", as_json: AsJson = False) -> None:
    """Show the store's schema, how much it holds, and the end of its audit log; nothing is changed.

    [bold]Example[/bold]

      licheng store status --json
    """
    from service.cli.here import looked_at
    from service.store.contents import contents

    with looked_at() as engine:
        _show(contents(engine), lang, as_json)


@store_app.command("backup")
def store_backup(
    file: Annotated[Path, typer.Argument(help="The archive to be written; none is overwritten.")],
    folders: Annotated[
        bool, typer.Option("--folders", help="Releases and levies alone: beside a pg_dump of PostgreSQL.")
    ] = False,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Save database, releases and levies into one archive, also while the service writes.

    The secret is not in it: keep it elsewhere, for without it the sealed documents cannot be opened.

    [bold]Examples[/bold]

      licheng store backup licheng-2026-11-26.tar

      pg_dump --format=custom --file=licheng.dump licheng && licheng store backup --folders folders.tar
    """
    from service.cli.here import url_here
    from service.operations.backup import save
    from service.store.database import sqlite_file

    database = sqlite_file(url_here())
    if database is None and not folders:
        raise InputError("backup_of_postgresql", str(file))
    saved = save(home(), None if folders else database, file)
    if as_json:
        print_json({"format": 1, "backup": saved})
    else:
        from service.terminal.store import show_backup

        show_backup(saved, language(lang))


@store_app.command("restore")
def store_restore(
    file: Annotated[Path, typer.Argument(help="An archive of `licheng store backup`.")],
    keep_key: Annotated[
        list[str] | None, typer.Option(help="A key that still holds afterwards, by its id; `all`: every one.")
    ] = None,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Put a backup into a data folder (LICHENG_HOME) that has no database, releases or levies yet.

    The database goes where LICHENG_DATABASE_URL says (sqlite:///…), else into the data folder as well.

    Every file is compared with its hash first. A key that was revoked after the backup would hold again: so every key
    is revoked but for those that you name. It takes the secret of the service; on PostgreSQL, restore its dump first.

    [bold]Examples[/bold]

      LICHENG_HOME=restored licheng store restore licheng-2026-11-26.tar

      LICHENG_HOME=restored licheng store restore licheng-2026-11-26.tar --keep-key k_0123456789abcdef
    """
    from service.cli.here import looked_at, opened, url_here
    from service.operations.restore import check_dumped, restore
    from service.secret import secret_of
    from service.store.database import sqlite_file

    secret, kept = secret_of(os.environ, home(), make=False)[0], keep_key or []
    database = sqlite_file(url_here())
    if database is None:
        _check_folders_only(file)
        with looked_at() as engine:
            check_dumped(engine)
        with opened() as engine:
            restored = restore(file, home(), secret=secret, keep=kept, into=engine)
    else:
        restored = restore(file, home(), secret=secret, keep=kept, into=database)
    if as_json:
        print_json({"format": 1, "restored": restored})
    else:
        from service.terminal.store import show_restored

        show_restored(restored, language(lang))


def _check_folders_only(file: Path) -> None:
    """InputError where an archive with an SQLite database is to be restored beside PostgreSQL."""
    import tarfile

    from service.operations.backup import DATABASE

    try:
        with tarfile.open(file, "r:") as archive:
            first = archive.next()
    except (OSError, tarfile.TarError):
        return  # `restore` says what is wrong with it
    if first is not None and first.name == DATABASE:
        raise InputError("restore_of_sqlite", str(file))


def _show(held: dict[str, Any], lang: str, as_json: bool) -> None:
    from service.cli.here import url_here
    from service.serving_found import shown_url

    shown = {"format": 1, "database": shown_url(url_here()), **held}
    if as_json:
        print_json(shown)
    else:
        from service.terminal.store import show_contents

        show_contents(shown, language(lang))
