"""Pages on keys and on one worker's data: a fresh key, shown once; the list of all; what an erasure did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from pricing.words import say
from service.terminal.prices import console
from service.terminal.text import Sentence

_STYLES = {"holds": "green", "expired": "dim", "revoked": "red"}


def show_made(shown: Mapping[str, Any], lang: str) -> None:
    """A fresh key with its token on a line of its own, and what to do with it."""
    out, key = console(), shown["key"]
    facts = {"key": key["id"], "role": key["role"], "tenant": key["tenant"], "holder": _holder(key, lang)}
    out.print(Sentence(say("key_page_made", lang, **facts), "bold"))
    out.print(Sentence(_until(key, lang)))
    out.print()
    out.print(Text(shown["token"], "bold green"), soft_wrap=True)
    out.print()
    out.print(Sentence(say("key_page_once", lang), "yellow"))
    if "replaced" in shown:
        old = shown["replaced"]
        out.print(Sentence(say("key_page_replaced", lang, key=old["id"], at=old["expires_at"])))


def show_keys(shown: Mapping[str, Any], lang: str) -> None:
    """All keys, one to a line."""
    out = console()
    if not shown["keys"]:
        out.print(Sentence(say("key_page_none", lang)))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("id", "role", "tenant", "holder", "created", "expires", "state"):
        table.add_column(say(f"key_column_{name}", lang), overflow="fold", no_wrap=name not in ("tenant", "holder"))
    for key in shown["keys"]:
        times = (key["created_at"][:10], (key["expires_at"] or "—")[:16])
        cells = (key["id"], key["role"], key["tenant"], _holder(key, lang), *times)
        state = Text(say(f"key_state_{key['state']}", lang), _STYLES[key["state"]])
        table.add_row(*(Text(cell) for cell in cells), state)
    out.print(table)
    to_try = [key["id"] for key in shown["keys"] if key["demonstration"]]
    if to_try:
        out.print(Sentence(say("key_page_demonstration", lang, keys=", ".join(to_try)), "yellow"))


def show_revoked(shown: Mapping[str, Any], lang: str) -> None:
    """That a key holds no longer."""
    key = shown["key"]
    facts = {"key": key["id"], "holder": _holder(key, lang), "at": key["revoked_at"]}
    console().print(Sentence(say("key_page_revoked", lang, **facts)))


def show_erasure(shown: Mapping[str, Any], lang: str) -> None:
    """What an erasure did, or would do."""
    out = console()
    code = "worker_page_not_yet" if shown["erasure"] is None else "worker_page_erased"
    out.print(Sentence(say(code, lang, quotes=shown["quotes"], erasure=shown["erasure"] or ""), "bold"))
    if shown["unfinished_levies"]:
        out.print(Sentence(say("worker_page_unfinished", lang, levies=", ".join(shown["unfinished_levies"])), "yellow"))


def _holder(key: Mapping[str, Any], lang: str) -> str:
    """Who holds it; nobody holds a demonstration's."""
    return say("key_demonstration", lang) if key["demonstration"] else str(key["holder"])


def _until(key: Mapping[str, Any], lang: str) -> str:
    if key["expires_at"] is None:
        return say("key_page_for_ever", lang)
    return say("key_page_until", lang, at=key["expires_at"])
