"""`GET /v1/schema`: the contract's tables and every code of a refusal or problem, from the code. Open to all."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from pricing.words import LANGUAGES
from service.conventions.etags import tag_of, tagged
from service.conventions.languages import language_of
from service.conventions.problem_codes import problem_codes
from service.conventions.queries import query_of
from service.conventions.replies import JSON
from service.fields import one_of
from service.json_text import json_bytes
from service.running import running
from service.schemas.kept import document

router = APIRouter(tags=["schema"])


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request) -> Response:
    """The OpenAPI document of this service."""
    query_of(request)
    body = await to_thread.run_sync(_document, request)
    return tagged(request, body, tag_of(body), {"Cache-Control": "public, no-cache"}, JSON)


def _document(request: Request) -> bytes:
    return json_bytes(document(request.app))


@router.get("/v1/schema")
async def get_schema(request: Request) -> Response:
    """Columns of every file, codes, refusals and problems; sentences in the language asked for."""
    query = query_of(request, "lang")
    lang = one_of(query.get("lang") or language_of(request), "lang", LANGUAGES)
    request.state.lang = lang
    body = await to_thread.run_sync(_body, request, lang)
    return tagged(request, body, tag_of(body), {"Cache-Control": "public, no-cache"}, JSON)


def _body(request: Request, lang: str) -> bytes:
    from service.schema import contract  # it loads the engines, which a service that only prices does not need

    tables = contract(running(request).tariffs.now().tariff, lang)
    return json_bytes({"format": 1, **tables, "problems": problem_codes(lang)})
