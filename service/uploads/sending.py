"""Sending a month: from the first byte of an upload to its place in the queue, or nothing kept of it at all."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from anyio import to_thread

from pricing.tariff import Tariff
from service.clock import now
from service.conventions.problems import Problem
from service.disk import sync
from service.engines.sealed_words import sealed
from service.ids import new_id
from service.month.asked import Asked, SentFile
from service.month.folders import LevyFolder
from service.month.keys import SenderKeys
from service.store import levies
from service.store.audit import Act
from service.store.database import Engine, reading
from service.store.levies import QUEUED, Levy
from service.uploads.receiving import Receiver

PREFIX = "lv_"
MOST_WAITING = 20  # months of one tenant that are not settled yet
_BLOCK = 1 << 20
Opening = Callable[[Path], Receiver]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. own: the only platform that it may send, "" for any."""

    key_id: str
    tenant: str
    own: str
    request_id: str | None = None


@dataclass(slots=True)
class Received:
    """An upload that is whole and on the disk, not yet known to anybody. hold: on its folder, for as long as it has not
    its name; handed: whether the store decides over it.
    """

    folder: LevyFolder
    texts: Mapping[str, str]
    files: tuple[SentFile, ...]
    hold: ExitStack
    handed: bool = False

    @property
    def digest(self) -> bytes:
        """What was sent, whatever boundaries it came with: two uploads with one digest are the same."""
        said = {"texts": dict(self.texts), "files": [asdict(file) for file in self.files]}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()

    def levy(self, sender: Sender, tariff: Tariff, query: Mapping[str, str], keys: SenderKeys) -> tuple[Levy, Act]:
        """The levy as it is stored, with its entry for the audit log; InputError where it asks for what is not there.

        query: what stood in the address, and in no part of the form. Of a file the name is sealed for the sender, for
        it may name a worker.
        """
        at = now()
        asked = Asked.of({**query, **self.texts}, sender.own, tariff, at.date())
        plain = {file.part + Path(file.name).suffix for file in self.files}
        files = [file if file.said in plain else replace(file, said=sealed(file.said, keys)) for file in self.files]
        order = replace(asked, files=tuple(files)).text
        stored = Levy(self.folder.id, sender.key_id, sender.tenant, asked.month, QUEUED, at.isoformat(), order)
        facts = {"month": asked.month, "known_on": asked.known_on, "hashes": [file.sha256 for file in self.files]}
        return stored, Act(sender.key_id, levies.RECEIVED, stored.id, facts, sender.request_id)

    def kept_with(self, stored: Future[Any]) -> Future[Any]:
        """The folder gets its name when the levy stands in the store, and vanishes when it does not. Until then it is
        held, also where nobody waits for the answer any more; what the disk refuses, the supervisor tries again.
        """
        self.handed = True
        stored.add_done_callback(self._keep)
        return stored

    def _keep(self, stored: Future[Any]) -> None:
        with self.hold:
            if not stored.cancelled() and stored.exception() is None:
                self.folder.received()
            else:
                self.folder.discard()


@asynccontextmanager
async def received(home: Path, blocks: AsyncIterator[bytes], opening: Opening) -> AsyncIterator[Received]:
    """Take an upload in; what was not handed to the store when the block ends is discarded."""
    folder, hold = LevyFolder(home, new_id(PREFIX)), ExitStack()
    upload: Received | None = None
    try:
        await to_thread.run_sync(folder.begin)
        hold.enter_context(folder.held())
        receiver = await to_thread.run_sync(opening, folder.receiving_upload)
        try:
            await _poured(blocks, receiver)
        finally:
            await to_thread.run_sync(receiver.close)
        await to_thread.run_sync(sync, folder.receiving_upload)
        upload = Received(folder, receiver.texts, tuple(receiver.files), hold)
        yield upload
    except OSError as error:
        raise Problem(503, "upload_not_kept", pointer="", reason=error.strerror or str(error)) from None
    finally:
        if upload is None or not upload.handed:
            with hold:
                await asyncio.shield(to_thread.run_sync(folder.discard))


async def _poured(blocks: AsyncIterator[bytes], receiver: Receiver) -> None:
    """Blocks as they come, written and hashed in a thread, about a megabyte at a time."""
    waiting = bytearray()
    async for block in blocks:
        waiting += block
        if len(waiting) >= _BLOCK:
            await to_thread.run_sync(receiver.take, bytes(waiting))
            waiting.clear()
    if waiting:
        await to_thread.run_sync(receiver.take, bytes(waiting))
    await to_thread.run_sync(receiver.finish)


def check_room(home: Path, engine: Engine, tenant: str, declared: str) -> None:
    """Problem 429 where a tenant has very many months that are not settled yet, 503 where the disk has not room for
    what is announced. declared: the header of the length. [bytes]
    """
    with reading(engine) as connection:
        waiting = sum(levy.tenant == tenant for levy in levies.unfinished(connection))
    if waiting >= MOST_WAITING:
        raise Problem(429, "too_many_levies", pointer="", headers={"Retry-After": "30"}, waiting=waiting)
    home.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(home).free < (int(declared) if declared.isdecimal() else 0):
        raise Problem(503, "upload_not_kept", pointer="", reason="No space left on device")
