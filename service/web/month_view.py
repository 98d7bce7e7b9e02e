"""What the page of a month shows: how far it is, its totals, what was refused, and its tables to download."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from service.auth.caller import Caller
from service.auth.permits import permit, sees
from service.auth.roles import PLATFORM, SEE_ALL
from service.conventions.ids import is_id
from service.conventions.kinds import content_type
from service.conventions.problems import Problem
from service.engines.folder import REFUSALS, SIDE_REFUSALS, TABLES, TOTALS
from service.month.answered import eyes_of, is_over
from service.month.check import by_code
from service.month.folders import LevyFolder
from service.month.sending import PREFIX
from service.month.unchanged import check_unchanged
from service.running import Running, running
from service.store import levies
from service.store.database import reading
from service.store.levies import DONE, Levy

_LISTED = 50
_FIRST_ROWS = 10
_SHOWN = ("lines", "declarations", "refusals")
_KINDS = ("csv", "parquet")


async def listed(request: Request, caller: Caller) -> list[Levy]:
    """The latest levies that the caller may see."""
    permit(caller, "levies.read")
    tenant = None if caller.role in SEE_ALL else caller.tenant

    def look() -> list[Levy]:
        with reading(running(request).engine) as connection:
            return levies.listed(connection, tenant, _LISTED, None)

    return await to_thread.run_sync(look)


async def own_levy(request: Request, caller: Caller, levy_id: str) -> Levy:
    """A levy that the caller may see; what is another's does not exist: Problem 404."""
    permit(caller, "levies.read")

    def look() -> Levy | None:
        with reading(running(request).engine) as connection:
            return levies.find(connection, levy_id)

    found = await to_thread.run_sync(look) if is_id(levy_id, PREFIX) else None
    if found is None or not sees(caller, found.tenant):
        raise Problem(404, "not_found", pointer="", what=levy_id[:64])
    return found


async def view_of(request: Request, caller: Caller, levy: Levy) -> dict[str, Any]:
    """What there is to show of a levy."""
    asked = json.loads(levy.order)
    nothing: dict[str, Any] = {"totals": None, "refusals": (), "rows": (), "tables": ()}
    shown = {"levy": levy, "asked": asked, "over": is_over(levy), **nothing}
    if levy.error is not None:
        return {**shown, "error": json.loads(levy.error)}
    if levy.state != DONE:
        return {**shown, "error": None}
    held, folder = running(request), LevyFolder(running(request).serving.home, levy.id).month
    totals, codes, rows = await to_thread.run_sync(_read, held, caller, levy, folder)
    return {**shown, "error": None, "totals": totals, "refusals": codes, "rows": rows, "tables": _SHOWN}


async def download(request: Request, caller: Caller, levy: Levy, name: str) -> Response:
    """A table, whole. name: such as lines.csv; Problem 404 where there is none, or not yet."""
    table, _, kind = name.partition(".")
    if levy.state != DONE or table not in _SHOWN or kind not in _KINDS:
        raise Problem(404, "not_found", pointer="", what=name[:64])
    held = running(request)
    folder = LevyFolder(held.serving.home, levy.id).month
    await to_thread.run_sync(check_unchanged, levy, folder, (TABLES[table],), held.log)
    eyes = await to_thread.run_sync(_eyes, held, caller, levy)
    said = {"Content-Disposition": f'attachment; filename="{levy.month}-provisional-{levy.id}-{name}"'}
    return StreamingResponse(_made(folder, table, kind, eyes), 200, said, content_type(kind))


def _made(folder: Path, table: str, kind: str, eyes: Any) -> Iterator[bytes]:
    from service.engines.downloads import csv_bytes, parquet_bytes
    from service.engines.pages import batches

    return (csv_bytes if kind == "csv" else parquet_bytes)(batches(folder, table, eyes, kind))


def _eyes(held: Running, caller: Caller, levy: Levy) -> Any:
    with reading(held.engine) as connection:
        erased = levies.erased(connection, levy)
    return eyes_of(levy, held.keyring, caller.tenant, erased, caller.role != PLATFORM)


def _read(held: Running, caller: Caller, levy: Levy, folder: Path) -> tuple[dict[str, Any], Any, list[dict[str, Any]]]:
    """Totals, refusals by code, and the first refused rows as the caller may see them."""
    from service.engines.pages import page

    check_unchanged(levy, folder, (TOTALS, REFUSALS, SIDE_REFUSALS), held.log)
    rows, _ = page(folder, "refusals", _eyes(held, caller, levy), 0, _FIRST_ROWS)
    opened = {row["code"]: {name: row[name] for name in ("message", "message_zh")} for row in reversed(rows)}
    codes = tuple({**one, **opened.get(one["code"], {})} for one in _codes(folder))  # with ids as they were sent
    return json.loads((folder / TOTALS).read_bytes()), codes, rows


@lru_cache(maxsize=64)
def _codes(folder: Path) -> tuple[Mapping[str, Any], ...]:
    """Refusals by code of a published folder whose files were looked at."""
    return by_code((folder / REFUSALS, folder / SIDE_REFUSALS))
