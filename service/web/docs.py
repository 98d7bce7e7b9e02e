"""The page of the API, from the OpenAPI document: every call, what is sent and answered, and a line to paste."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from service.addresses import LEVIES
from service.json_text import json_bytes
from service.schemas.kept import document
from service.web.rendering import page

router = APIRouter(include_in_schema=False)
_WHOLE = re.compile(r"/schemas/(\w+)$")
_MOST_EXAMPLE = 1_400  # letters of a body that are shown


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as the page shows it. curl: a line to paste, its body taken from standard input where it has one."""

    method: str
    path: str
    anchor: str
    about: str
    parameters: list[Mapping[str, Any]]
    sends: list[tuple[str, str]]
    answers: list[tuple[str, str, str]]
    example: str
    curl: str


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """The page of the API."""
    found = await to_thread.run_sync(document, request.app)
    by_tag: dict[str, list[Shown]] = {}
    for tag, call in _calls(found):
        by_tag.setdefault(tag, []).append(call)
    models = {name: _fields(model) for name, model in found["components"]["schemas"].items()}
    return page(request, "docs.html", groups=by_tag, models=models, base=str(request.base_url).rstrip("/"))


def _calls(found: Mapping[str, Any]) -> Iterator[tuple[str, Shown]]:
    for path, methods in found["paths"].items():
        for method, said in methods.items():
            yield said["tags"][0], _shown(method.upper(), path, said)


def _shown(method: str, path: str, said: Mapping[str, Any]) -> Shown:
    content = said.get("requestBody", {}).get("content", {})
    example = next((_text(one["example"]) for one in content.values() if "example" in one), "")
    answers = [
        (status, one["description"], _model(next(iter(one.get("content", {}).values()), {})))
        for status, one in said["responses"].items()
    ]
    return Shown(
        method,
        path,
        said["operationId"],
        said["description"],
        said["parameters"],
        [(kind, _model(one)) for kind, one in content.items()],
        answers,
        example if len(example) <= _MOST_EXAMPLE else example[:_MOST_EXAMPLE] + "…",
        _curl(method, path, said, next(iter(content), "")),
    )


def _curl(method: str, path: str, said: Mapping[str, Any], kind: str) -> str:
    """The call as a command; KEY stands for a key, FILE for the body."""
    address = path
    for one in said["parameters"]:
        if one["in"] == "path":
            address = address.replace("{" + one["name"] + "}", one["example"])
    parts = ["curl", *(["-X", method] if method not in ("GET", "POST") else [])]
    parts += ['-H "Authorization: Bearer $KEY"'] if said["security"] else []
    parts += [f"-H 'Content-Type: {kind}' --data-binary @FILE"] if kind else ["-d ''"] if method == "POST" else []
    if path == LEVIES and method == "POST":
        address += "?month=2025-08"
    return " ".join([*parts, f"$LICHENG{address}"])


def _text(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=1)


def _model(content: Mapping[str, Any]) -> str:
    """The name of the model of a body, "" where it is a file or a text."""
    schema = content.get("schema", {})
    first = next(iter(schema.get("anyOf", ())), schema)
    found = _WHOLE.search(first.get("$ref", ""))
    return found[1] if found else ""


def _fields(model: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Names, kinds and meanings of what a model has."""
    return [
        (name, _kind(schema), schema.get("description", "")) for name, schema in model.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> str:
    """A JSON schema in few words."""
    found = _WHOLE.search(schema.get("$ref", ""))
    if found:
        return found[1]
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(json_bytes(value).decode().strip() for value in values)
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"{{… {_kind(schema['additionalProperties'])}}}"
    return str(schema.get("type", "any"))
