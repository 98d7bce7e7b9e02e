"""What `POST /v1/prices` is measured against: FastAPI that validates the same JSON and gives it back.

`python -m benchmarks.http_echo`; it is served as the service is, by the same function on the same settings.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from service.operations.listening import address_of, bound
from service.operations.server import serve
from service.serving import Serving
from service.serving_found import found

app = FastAPI()


class Row(BaseModel):
    """A usage row."""

    platform: str
    region: str
    occupation: str
    vehicle: str | None = None
    employment: str | None = None
    orders: int | None = None
    distance_m: int | None = None
    active_days: int | None = None
    income_fen: int | None = None
    worked_min: int | None = None
    night_min: int | None = None


class Priced(BaseModel):
    """A request for prices."""

    month: str
    known_on: str | None = None
    worker: str
    usage: list[Row]
    platforms: list[dict[str, Any]] = []
    schemes: list[str] | None = None
    covers: list[str] | None = None
    lang: str = "en"


@app.post("/echo")
async def echo(request: Priced) -> Priced:
    """The request as it was understood."""
    return request


def main() -> None:
    """Serve on a free port and say which."""
    with tempfile.TemporaryDirectory() as home:
        serving = Serving.from_found(
            found({**os.environ, "LICHENG_HOME": home, "LICHENG_PORT": "0"}, {}, make_secret=True)
        )
        opened = bound(serving)
        serve(app, serving, opened, lambda: print(f"listens on {address_of(opened)}", flush=True))


if __name__ == "__main__":
    main()
