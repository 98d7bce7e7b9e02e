"""What `licheng --version` prints: the program, and which tariff answers the commands."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from pricing.words import say
from service.releases.history import DEMONSTRATION, in_force
from service.settings import named_tariff, releases_folder, spoken


def _say_version(asked: bool) -> None:
    """Name and version, then the tariff, and end; TariffError where a history names one that is not as released. No
    table is read, so that it is quick.
    """
    if asked:
        typer.echo(f"licheng {version_of('licheng')}")
        typer.echo(_tariff(spoken()))
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", "-V", callback=_say_version, is_eager=True, help="Print version and tariff, and end."),
]


def before_a_command(version: Version = False) -> None:
    """Options of the program itself, which stand before a command."""


def _tariff(lang: str) -> str:
    named = named_tariff()
    if named is not None:
        return say("check_tariff_named", lang, folder=named)
    standing = in_force(releases_folder())
    code = "check_demonstration" if standing.number == DEMONSTRATION else "check_release"
    return say(code, lang, number=standing.number)
