"""What the page of a month shows: how far it is, its totals, what was refused, and its tables to download."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from service.conventions.caller import Caller
from service.conventions.kinds import content_type
from service.conventions.noted import note_read
from service.conventions.permits import listed_of, permit
from service.conventions.problems import Problem
from service.engines.folder import REFUSALS, SIDE_REFUSALS, TABLES, TOTALS
from service.engines.sealed_words import opened
from service.month.answered import error_of, is_over
from service.month.folders import LevyFolder
from service.month.unchanged import check_unchanged
from service.running import Running, running
from service.store import levies
from service.store.database import reading
from service.store.levies import DONE, Levy
from service.uploads.own import eyes_for

_LISTED = 50
_SHOWN = ("lines", "declarations", "refusals")
_KINDS = ("csv", "parquet")


async def listed(request: Request, caller: Caller) -> list[Levy]:
    """The latest levies that the caller may see."""
    permit(caller, "levies.read")
    tenant = listed_of(caller)

    def look() -> list[Levy]:
        with reading(running(request).engine) as connection:
            return levies.listed(connection, tenant, _LISTED, None)

    await note_read(request, caller, levies.LISTED, "levies")
    return await to_thread.run_sync(look)


async def view_of(request: Request, caller: Caller, levy: Levy) -> dict[str, Any]:
    """What there is to show of a levy."""
    if is_over(levy):
        await note_read(request, caller, levies.READ, levy.id)
    held = running(request)
    eyes = await to_thread.run_sync(eyes_for, held, caller, levy)
    asked = _asked(levy, eyes)
    nothing: dict[str, Any] = {"totals": None, "refusals": (), "rows": (), "tables": ()}
    shown = {"levy": levy, "asked": asked, "over": is_over(levy), **nothing}
    if levy.error is not None:
        return {**shown, "error": error_of(levy, caller.tenant, held.keyring, eyes.erased)}
    if levy.state != DONE:
        return {**shown, "error": None}
    folder = LevyFolder(held.serving.home, levy.id).month
    totals, codes, rows = await to_thread.run_sync(_read, held, levy, folder, eyes)
    return {**shown, "error": None, "totals": totals, "refusals": codes, "rows": rows, "tables": _SHOWN}


def _asked(levy: Levy, eyes: Any) -> dict[str, Any]:
    """What was asked for, with the sender's names of files for the sender."""
    asked: dict[str, Any] = json.loads(levy.order)
    files = [{**file, "said": opened(file["said"], eyes.rekey, eyes.erased)} for file in asked["files"]]
    return {**asked, "files": files}


async def download(request: Request, caller: Caller, levy: Levy, name: str) -> Response:
    """A table, whole. name: such as lines.csv; Problem 404 where there is none, or not yet."""
    from service.engines.downloads import downloaded

    table, _, kind = name.partition(".")
    if levy.state != DONE or table not in _SHOWN or kind not in _KINDS:
        raise Problem(404, "not_found", pointer="", what=name[:64])
    await note_read(request, caller, levies.READ, levy.id, table=table)
    held = running(request)
    folder = LevyFolder(held.serving.home, levy.id).month
    await to_thread.run_sync(check_unchanged, levy, folder, (TABLES[table],), held.log)
    eyes = await to_thread.run_sync(eyes_for, held, caller, levy)
    said = {"Content-Disposition": f'attachment; filename="{levy.month}-provisional-{levy.id}-{name}"'}
    return StreamingResponse(downloaded(folder, table, kind, eyes), 200, said, content_type(kind))


def _read(held: Running, levy: Levy, folder: Path, eyes: Any) -> tuple[dict[str, Any], Any, list[dict[str, Any]]]:
    """Totals, refusals by code, and the first refused rows of each code, as the caller may see them."""
    from service.month.refused_codes import seen_codes

    check_unchanged(levy, folder, (TOTALS, REFUSALS, SIDE_REFUSALS), held.log)
    codes = seen_codes(_codes(folder), eyes)
    return json.loads((folder / TOTALS).read_bytes()), codes, [row for code in codes for row in code["rows"]]


@lru_cache(maxsize=64)
def _codes(folder: Path) -> tuple[Mapping[str, Any], ...]:
    """Refusals by code of a published folder whose files were looked at."""
    from service.month.refused_codes import by_code

    return by_code((folder / REFUSALS, folder / SIDE_REFUSALS))
