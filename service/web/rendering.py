"""Pages as HTML: templates with escaping, and the frame of every page."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pricing.spoken import (
    factor,
    level_words,
    named,
    payers_words,
    quantity_words,
    source_words,
    yuan,
    yuan_of_fen,
)
from pricing.words import COLON, LANGUAGES, say
from service.running import running
from service.tariff.held import InForce
from service.web.compared import out_of_scope, sheets
from service.web.dates import day_words, month_words, time_words
from service.web.languages import language_of, remember
from service.web.said import merged_words, plain_words
from service.web.sessions import session_of
from service.web.static_files import static_address


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(
        colon=COLON,
        yuan=yuan,
        yuan_of_fen=yuan_of_fen,
        factor=factor,
        named=named,
        level_words=level_words,
        payers_words=payers_words,
        quantity_words=quantity_words,
        source_words=source_words,
        sheets=sheets,
        kilometres=kilometres,
        month_words=month_words,
        day_words=day_words,
        time_words=time_words,
        merged_words=merged_words,
        out_of_scope=out_of_scope,
        static=static_address,
        language_names=(("en", "English"), ("zh", "中文")),
    )
    return environment


def kilometres(metres: int) -> str:
    """Metres as kilometres: 3,490 or 174.5."""
    return f"{metres // 1000:,}.{metres % 1000:03d}".rstrip("0").rstrip(".")


def spoken(lang: str) -> Callable[..., str]:
    """The sentence of a code in a language."""

    def t(code: str, **values: object) -> str:
        return say(code, lang, **values)

    return t


def page(request: Request, template: str, *, status: int = 200, typed: Any = None, **shown: Any) -> Response:
    """A page. typed: the fields of its form as sent, None without one: the switch of language sends them again."""
    asked = (typed or {}).get("lang", "") or request.query_params.get("lang", "")
    lang = language_of(request, asked)
    standing: InForce = shown.pop("standing", None) or running(request).tariffs.now()
    message = "message" if lang == "en" else "message_zh"
    frame = {
        "lang": lang,
        "t": spoken(lang),
        "said": lambda one: one[message],
        "plain": lambda one: plain_words(one, standing.tariff, lang),
        "path": request.url.path,
        "elsewhere": {name: _in(request, name) for name in LANGUAGES},
        "standing": standing,
        "session": session_of(request),
        "by_form": typed is not None,
    }
    html = _environment().get_template(template).render(**{**frame, **shown})
    headers = {"Content-Language": "zh-CN" if lang == "zh" else "en", "Vary": "Accept-Language, Cookie"}
    response = Response(html, status, headers, "text/html")
    remember(response, lang, asked)
    return response


def _in(request: Request, lang: str) -> str:
    """This page in another language."""
    kept = [(name, text) for name, text in request.query_params.multi_items() if name != "lang"]
    return f"{request.url.path}?{urlencode([*kept, ('lang', lang)])}"
