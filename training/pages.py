"""Pages from templates: self-contained HTML, words in both languages. The only file of this room with jinja2."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pricing.words import say


def rendered(template: str, **values: object) -> str:
    """A template of this room with its values; a value that is missing is an error, never an empty place."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.globals["say"] = say
    return str(environment.get_template(template).render(**values))


def drawn(svg: str) -> str:
    """A chart of ours, which goes into a page as it is."""
    return Markup(svg)
