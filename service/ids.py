"""Ids of stored things: a prefix and 26 letters that sort by the time at which they were made."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_FORM = re.compile(f"[0-7][{_ALPHABET}]{{25}}")
_LETTERS, _RANDOM_BITS = 26, 80


def new_id(prefix: str) -> str:
    """A fresh id such as `q_01J9Z3K5V7…`: 48 bits of milliseconds, 80 random bits."""
    return _text(prefix, time.time_ns() // 1_000_000, secrets.randbits(_RANDOM_BITS))


def id_at(prefix: str, at: dt.datetime) -> str:
    """The first id that could have been made at a time, which has its zone: no id of before is greater."""
    return _text(prefix, int(at.timestamp() * 1_000), 0)


def _text(prefix: str, milliseconds: int, rest: int) -> str:
    number = milliseconds << _RANDOM_BITS | rest
    return prefix + "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LETTERS - 1, -1, -1))


def is_id(text: str, prefix: str) -> bool:
    """Whether a text has the form of an id of this kind; what has not is never looked up."""
    return text.startswith(prefix) and _FORM.fullmatch(text, len(prefix)) is not None
