"""Calls that go past the router are answered as the router would answer them."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from pricing.errors import InputError, LichengError
from service.conventions.direct import Direct, direct_calls
from service.conventions.problems import Problem, problem_response

router = APIRouter(prefix="/v1")
seen: list[str] = []


@router.post("/things", status_code=201)
async def post_thing(request: Request) -> Response:
    """What was sent, as it came; a thing called `bad` is refused."""
    body = await request.body()
    seen.append(request.scope["route"].path)
    if body == b"bad":
        raise InputError("missing_field", "worker", key="worker")
    if body == b"bug":
        raise ZeroDivisionError
    return Response(body, 201, {"Licheng-Seen": request.query_params.get("q", "")})


@router.get("/things/{name}")
async def get_thing(request: Request, name: str) -> Response:
    """A thing by its name."""
    return Response(name)


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LichengError)
    return problem_response(Problem.of(error), request)


def asked(direct: bool, method: str, path: str, **more: Any) -> httpx.Response:
    """The answer of the same application, with or without the way past the router."""
    made = FastAPI()
    made.include_router(router)
    made.add_exception_handler(LichengError, refused)
    if direct:
        made.add_middleware(Direct, calls=direct_calls(router))
    transport = httpx.ASGITransport(made, raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://licheng") as http:
            return await http.request(method, path, **more)

    return asyncio.run(ask())


ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/v1/things", {"content": b"ok"}),
    ("POST", "/v1/things?q=a%20b", {"content": b"ok"}),
    ("POST", "/v1/things", {"content": b"bad"}),
    ("POST", "/v1/things", {"content": b"bug"}),
    ("POST", "/v1/things/", {"content": b"ok"}),
    ("POST", "/v1//things", {"content": b"ok"}),
    ("GET", "/v1/things", {}),
    ("HEAD", "/v1/things", {}),
    ("OPTIONS", "/v1/things", {}),
    ("GET", "/v1/things/one", {}),
    ("GET", "/v1/nothing", {}),
)


@pytest.mark.parametrize(("method", "path", "more"), ASKED)
def test_an_answer_is_the_router_s(method: str, path: str, more: dict[str, Any]) -> None:
    answers = [asked(direct, method, path, **more) for direct in (False, True)]
    told = [(one.status_code, sorted(one.headers.items()), one.content) for one in answers]
    assert told[0] == told[1]


def test_calls_without_names_are_direct_and_know_their_route() -> None:
    assert set(direct_calls(router)) == {("POST", "/v1/things")}
    seen.clear()
    assert asked(True, "POST", "/v1/things", content=b"ok").status_code == 201
    assert seen == ["/v1/things"]
