"""Options that several commands share, and how an answer is printed for machines."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from service.json_text import json_bytes
from service.settings import language

Lang = Annotated[str, typer.Option("--lang", help="Language of what people read: en or zh. Default: LICHENG_LANG.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON for machines.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when anything was refused.")]


def print_json(answer: Any) -> None:
    """An answer as JSON on standard output: the bytes that the service sends."""
    typer.echo(json_bytes(answer), nl=False)


def language_for(asked: str, raw: Any) -> str:
    """The language of an answer to a request: the one asked for, which then stands in it, else its own."""
    if not isinstance(raw, dict):
        return language(asked)
    shown = language(asked or raw.get("lang", ""))
    if asked:
        raw["lang"] = shown
    return shown
