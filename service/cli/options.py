"""Options that several commands share, and how an answer is printed for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from pricing.errors import InputError
from service.json_text import json_bytes
from service.settings import language

Lang = Annotated[str, typer.Option("--lang", help="Language of what people read: en or zh. Default: LICHENG_LANG.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON for machines.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when anything was refused.")]


class WrongCall(InputError):
    """The call itself is to be mended, not what it names: an option or argument has a value that cannot be."""


@contextmanager
def asked_as(places: Mapping[str, str]) -> Iterator[None]:
    """What is said of a field, said of the option or argument that gave it. places: those by the names of fields."""
    try:
        yield
    except InputError as error:
        given = places.get(error.place) or places.get(error.place.split(", ")[0])
        if given is None:
            raise
        raise WrongCall(error.code, given, **error.values) from None


def print_json(answer: Any) -> None:
    """An answer as JSON on standard output: the bytes that the service sends."""
    typer.echo(json_bytes(answer), nl=False)


def language_for(asked: str, raw: Any) -> str:
    """The language of an answer to a request: the one asked for, which then stands in it, else its own."""
    if not isinstance(raw, dict):
        return language(asked)
    if not asked:
        return language(raw.get("lang", ""), "lang")
    shown = raw["lang"] = language(asked)
    return shown
