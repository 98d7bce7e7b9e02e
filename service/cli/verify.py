"""The command that verifies: a published folder against its own usage and tables, or the audit log against itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.exits import EXIT_DISAGREE
from service.cli.options import AsJson, Lang, print_json
from service.settings import language, releases_folder


def verify(
    folder: Annotated[Path | None, typer.Argument(help="A published folder.")] = None,
    audit: Annotated[
        bool, typer.Option("--audit", help="The audit log of the store instead, with the history of releases.")
    ] = False,
    head: Annotated[
        list[str] | None, typer.Option("--head", help="With --audit: an end that was noted before, NUMBER:HASH.")
    ] = None,
    lang: Lang = "",
    as_json: AsJson = False,
) -> None:
    """Check a folder's hashes, settle it again from its own usage and tables, and compare every file.

    With --audit: walk the log's chain of hashes, and compare it with the stored keys, quotes, levies and erasures and
    with the history of releases. It takes the secret of the service. Keep the head that it prints where the service
    cannot write: with --head it shows later that nothing before was cut off.

    [bold]Examples[/bold]

      licheng verify 2025-08

      licheng verify --audit

      licheng verify --audit --head 17:hmac-sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    if audit == (folder is not None):
        raise typer.BadParameter("give a published folder, or --audit")
    if head and not audit:
        raise typer.BadParameter("--head goes with --audit")
    agrees = _folder(folder, lang, as_json) if folder is not None else _audit(head or [], lang, as_json)
    if not agrees:
        raise SystemExit(EXIT_DISAGREE)


def _folder(folder: Path, lang: str, as_json: bool) -> bool:
    from service.engines.verified import verify as run
    from service.terminal.levy import show_verified, watched

    with watched() as progress:
        found = run(folder, progress)
    if as_json:
        print_json(found)
    else:
        show_verified(found, language(lang))
    return not found["unlike"]


def _audit(heads: list[str], lang: str, as_json: bool) -> bool:
    from service.cli.here import looked_at
    from service.releases.audit_check import check, head_of
    from service.store.database import reading

    noted = [head_of(text) for text in heads]
    with looked_at() as engine, reading(engine) as connection:
        found = check(connection, noted, releases_folder())
    if as_json:
        print_json(found)
    else:
        from service.terminal.audit import show_audit

        show_audit(found, language(lang))
    return bool(found["whole"])
