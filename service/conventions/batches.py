"""Batches: long answers made slice by slice in a thread beside the loop, and sent as they are made.

One slice is made at a time, those of several tenants in turn, so that whoever asks for one price meanwhile shares the
interpreter with one thread and not with many.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from anyio import to_thread
from fastapi.responses import StreamingResponse

from service.json_text import json_bytes
from service.prices.turns import Turns


def batch_response(
    slices: Iterable[Sequence[Any]], media_type: str, headers: Mapping[str, str], turns: Turns, tenant: str
) -> StreamingResponse:
    """The answers of a batch as one JSON list, or as lines; no slice is empty. tenant: whose turn a slice takes."""
    made = _list(slices) if media_type == "application/json" else _lines(slices)
    return StreamingResponse(_sent(made, turns, tenant), 200, headers, media_type)


async def _sent(made: Iterator[bytes], turns: Turns, tenant: str) -> AsyncIterator[bytes]:
    while True:
        async with turns.of(tenant):
            piece = await to_thread.run_sync(next, made, None)
        if piece is None:
            return
        yield piece


def _lines(slices: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    for items in slices:
        yield b"".join([json_bytes(item) for item in items])


def _list(slices: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    opening = b"["
    for items in slices:
        yield opening + json_bytes(items)[1:-2]
        opening = b","
    yield b"]\n"
