"""The OpenAPI 3.1 document: FastAPI's, from the routes, with each call's models, problems, parameters and example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pricing.words import say
from service.auth.roles import PERMITS
from service.conventions.idempotency import HEADER, LONGEST, PATTERN
from service.conventions.problems import MEDIA_TYPE
from service.conventions.problems import TITLES as PROBLEM_TITLES
from service.schemas.calls import CALLS, CSV, FORM, HEADERS, JSON, LINES, PARAMETERS, PARQUET, REQUIRED, Call
from service.schemas.frame import REF, definitions
from service.schemas.models import MODELS

EXAMPLES = Path(__file__).parents[1] / "examples"
_SAID = {200: "The answer", 201: "Stored", 202: "Taken in", 304: "You have it"}
_FILE = {"type": "string", "format": "binary"}
_PLAIN = {"type": "string"}
_WHOLE = {PARQUET: _FILE}
_ABOUT = (
    "Prices, levies and tariffs of occupational risk. Money is whole fen, distance whole metres, time whole minutes. "
    "A key travels as `Authorization: Bearer`. Problems are RFC 9457; their codes stand in `/v1/schema`."
)


def described(base: Mapping[str, Any]) -> dict[str, Any]:
    """The document. base: as the web framework writes it from the routes; what is no call of the API is left out."""
    paths: dict[str, Any] = {}
    for path, methods in base["paths"].items():
        plain = path.replace(":path}", "}")
        for method, said in methods.items():
            call = CALLS.get((method, plain))
            if call is not None:
                paths.setdefault(plain, {})[method] = _operation(said, call)
    bearer = {"type": "http", "scheme": "bearer", "description": "made by `licheng key create`"}
    return {
        "openapi": "3.1.0",
        "info": {**base["info"], "description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": definitions(MODELS), "securitySchemes": {"key": bearer}},
    }


def _operation(said: Mapping[str, Any], call: Call) -> dict[str, Any]:
    """One call. said: its name, summary and tags from the route."""
    roles = f" For the roles {', '.join(PERMITS[call.action])}." if call.action else " Open to all."
    operation: dict[str, Any] = {
        **{key: said[key] for key in ("tags", "summary") if key in said},
        "operationId": said["operationId"].split("_v1_")[0].split("_status_")[0],
        "description": said.get("description", "") + roles,
        "parameters": [*_of_path(call), *_of_query(call), *_of_head(call)],
        "responses": {**_answers(call), **_problems(call)},
        "security": [{"key": []}] if call.action else [],
    }
    if call.body is not None:
        operation["requestBody"] = {"required": True, "content": _body(call)}
    return operation


def _of_path(call: Call) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
        for name, example in call.path.items()
    ]


def _of_query(call: Call) -> list[dict[str, Any]]:
    """Parameters of the address; none of a levy's is required, for a form may say them in its parts."""
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": PARAMETERS[name][0],
            "schema": PARAMETERS[name][1],
        }
        for name in call.query
    ]


def _of_head(call: Call) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": PATTERN}
    about = "sent again with the same request, the first answer is given again and nothing is done twice"
    key = {"name": HEADER, "in": "header", "required": False, "description": about, "schema": schema}
    return [key] if call.idempotent else []


def _body(call: Call) -> dict[str, Any]:
    assert call.body is not None
    example, schema = _example(call.body.example), _ref(call.body.schema)
    content: dict[str, Any] = {}
    for kind in call.body.kinds:
        if kind == JSON:
            one_or_many = {"anyOf": [schema, {"type": "array", "items": schema}]} if call.body.many else schema
            content[kind] = {"schema": one_or_many, "example": example}
        elif kind == LINES:
            content[kind] = {"schema": _PLAIN, "example": json.dumps(example, ensure_ascii=False) + "\n"}
        elif kind == FORM:
            content[kind] = {"schema": _form()}
        else:
            content[kind] = {"schema": _PLAIN if kind == CSV else _FILE}
            if kind == CSV and call.body.example.endswith(".csv"):
                content[kind]["example"] = example
    return content


def _form() -> dict[str, Any]:
    """Parts of an upload: files, and the parameters of the address as texts."""
    files = dict.fromkeys(("platforms", "enrolments", "history"), _FILE)
    texts = {name: {"type": "string"} for name in (*REQUIRED, "known_on", "schemes", "covers", "demonstration")}
    usage = {"type": "array", "items": _FILE, "minItems": 1}
    return {"type": "object", "properties": {"usage": usage, **files, **texts}, "required": ["usage"]}


def _answers(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, model in call.answers.items():
        schema: dict[str, Any] = _ref(model) if model else _PLAIN
        if call.many:
            schema = {"anyOf": [schema, {"type": "array", "items": _ref(call.many)}]}
        content = {
            kind: {"schema": schema if kind == JSON else _PLAIN if kind != "binary" else _FILE} for kind in call.kinds
        }
        headers = {name: _header(name) for name in ("X-Request-Id", *call.headers)}
        found[str(status)] = {"description": _SAID.get(status, "The answer"), "headers": headers, "content": content}
    for status in call.more:
        if status in _SAID:
            found[str(status)] = {"description": _SAID[status]}
    return found


def _problems(call: Call) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": _ref("Problem")}}
    found = {}
    for status in call.problems:
        if status in PROBLEM_TITLES:
            both = {JSON: {"schema": _ref(call.answers[status])}} if status in call.answers else {}
            found[str(status)] = {"description": _title(status), "content": {**both, **content}}
    return found


def _title(status: int) -> str:
    return say(PROBLEM_TITLES[status], "en")


def _header(name: str) -> dict[str, Any]:
    return {"description": HEADERS[name], "schema": {"type": "string"}}


def _ref(model: str) -> dict[str, Any]:
    return {"$ref": REF.format(model=model)}


def _example(name: str) -> Any:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else text
