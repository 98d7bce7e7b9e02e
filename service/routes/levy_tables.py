"""The tables of a settled month: `/v1/levies/{id}/lines|declarations|refusals|side-refusals` as pages, CSV or Parquet,
and its files `totals` and `receipt`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.conventions.caller import Caller, caller_of
from service.conventions.etags import has_it
from service.conventions.kinds import content_type, kind_wanted
from service.conventions.noted import note_read
from service.conventions.paging import page_of, page_response
from service.conventions.problems import Problem
from service.conventions.queries import query_of
from service.engines.folder import RECEIPT, TABLES, TOTALS
from service.engines.sealed_words import seen_receipt
from service.json_text import json_bytes
from service.month.answered import PROVISIONAL, is_over
from service.month.folders import LevyFolder
from service.month.unchanged import check_unchanged
from service.running import running
from service.store import levies
from service.store.levies import FAILED, Levy
from service.uploads.own import eyes_for, own_levy

router = APIRouter(prefix="/v1", tags=["levies"])
_BLOCK = 1 << 18


@router.get("/levies/{levy_id}/lines")
async def get_lines(request: Request, levy_id: str) -> Response:
    """What each row of usage is charged, scheme by scheme: as pages, or whole as CSV or Parquet."""
    return await _table(request, levy_id, "lines")


@router.get("/levies/{levy_id}/declarations")
async def get_declarations(request: Request, levy_id: str) -> Response:
    """What the platform declares, per region and industry: as pages, or whole as CSV or Parquet."""
    return await _table(request, levy_id, "declarations")


@router.get("/levies/{levy_id}/refusals")
async def get_refusals(request: Request, levy_id: str) -> Response:
    """Rows that were not priced, with the reason in two languages: as pages, or whole as CSV or Parquet."""
    return await _table(request, levy_id, "refusals")


@router.get("/levies/{levy_id}/side-refusals")
async def get_side_refusals(request: Request, levy_id: str) -> Response:
    """Rows of enrolments and histories that were not used, with the reason: as pages, or whole as CSV or Parquet."""
    return await _table(request, levy_id, "side-refusals")


@router.get("/levies/{levy_id}/totals")
async def get_totals(request: Request, levy_id: str) -> Response:
    """Sums and counts of the month, each added up twice."""
    caller, levy, folder = await _settled(request, levy_id, TOTALS)
    await note_read(request, caller, levies.READ, levy.id, table="totals")
    totals = json.loads(await to_thread.run_sync((folder / TOTALS).read_bytes))
    return await _whole(request, levy, folder, "totals", json_bytes({"provisional": True, **totals}), "totals")


@router.get("/levies/{levy_id}/receipt")
async def get_receipt(request: Request, levy_id: str) -> Response:
    """Hashes of what was read and of what was published. Those of `inputs` are of the files as they were sent. Those of
    `files` are of the files that the service stores, with workers under other ids: of what is downloaded, the CSV of
    declarations alone has the same bytes. `run` signs the receipt as it is stored: without `provisional`, the names of
    files sealed, which are opened for their sender alone.
    """
    caller, levy, folder = await _settled(request, levy_id)
    await note_read(request, caller, levies.READ, levy.id, table="receipt")
    receipt = json.loads(await to_thread.run_sync((folder / RECEIPT).read_bytes))
    eyes = await to_thread.run_sync(eyes_for, running(request), caller, levy)
    shown = json_bytes({"provisional": True, **seen_receipt(receipt, eyes.rekey, eyes.erased)})
    return await _whole(request, levy, folder, "receipt", shown, f"receipt-{eyes.label}")


async def _settled(request: Request, levy_id: str, *names: str) -> tuple[Caller, Levy, Path]:
    """A levy with its published folder, these files of it as they were published; Problem 409 while there is none."""
    caller = await caller_of(request)
    levy = await own_levy(request, caller, levy_id)
    if levy.state == FAILED:
        raise Problem(409, "levy_failed", pointer="", headers=dict(PROVISIONAL), **_why(levy))
    if not is_over(levy):
        headers = {"Retry-After": "1", **PROVISIONAL}
        raise Problem(409, "levy_not_done", pointer="", headers=headers, id=levy.id, state=levy.state)
    held = running(request)
    folder = LevyFolder(held.serving.home, levy.id).month
    await to_thread.run_sync(check_unchanged, levy, folder, names, held.log)
    return caller, levy, folder


def _why(levy: Levy) -> dict[str, Any]:
    return {"id": levy.id, "reason": json.loads(levy.error or "{}").get("code", "")}


async def _table(request: Request, levy_id: str, table: str) -> Response:
    caller, levy, folder = await _settled(request, levy_id, TABLES[table])
    asked = query_of(request, "limit", "cursor", "format")
    kind = kind_wanted(asked.get("format"), request.headers.get("accept", ""))
    if kind != "json" or "cursor" not in asked:
        await note_read(request, caller, levies.READ, levy.id, table=table)
    eyes = await to_thread.run_sync(eyes_for, running(request), caller, levy)
    if kind == "json":
        return await _page(request, folder, table, eyes, caller)
    from service.engines.downloads import downloaded

    headers = {**_headers(levy, f"{table}.{kind}"), "ETag": await _etag(folder, f"{table}-{kind}-{eyes.label}")}
    if has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if table == "declarations" and kind == "csv":
        return StreamingResponse(_blocks(folder / TABLES[table]), 200, headers, content_type(kind))
    return StreamingResponse(downloaded(folder, table, kind, eyes), 200, headers, content_type(kind))


async def _page(request: Request, folder: Path, table: str, eyes: Any, caller: Caller) -> Response:
    from service.engines.pages import page as read

    page = page_of(request, caller, "format")
    rows, following = await to_thread.run_sync(read, folder, table, eyes, int(page.after or 0), page.limit)
    last = None if following is None else str(following)
    answer = page_response(request, page, rows, last, provisional=True)
    answer.headers.update(PROVISIONAL)
    return answer


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(_BLOCK), b"")


async def _whole(request: Request, levy: Levy, folder: Path, name: str, body: bytes, form: str) -> Response:
    headers = {**_headers(levy, f"{name}.json"), "ETag": await _etag(folder, form)}
    if has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, content_type("json"))


def _headers(levy: Levy, name: str) -> dict[str, str]:
    """A download is named after its month, and says that it is provisional."""
    return {"Content-Disposition": f'attachment; filename="{levy.month}-provisional-{levy.id}-{name}"', **PROVISIONAL}


async def _etag(folder: Path, form: str) -> str:
    """The run that published the folder, and the form in which it is sent."""
    receipt = json.loads(await to_thread.run_sync((folder / RECEIPT).read_bytes))
    return f'"{receipt["run"].removeprefix("run:")}-{form}"'
