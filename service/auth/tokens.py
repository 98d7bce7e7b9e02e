"""Tokens: what a caller sends as `Authorization: Bearer`. The store keeps the id and a hash, never the secret."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

_MARK = "licheng"  # so that a leaked token is recognised by whoever scans for secrets
_FORM = re.compile(_MARK + r"\.(k_[0-9a-f]{16})\.([A-Za-z0-9_-]{43})")
# Stands where a key is not known, so that an unknown key's answer takes the comparison that a known one's takes.
NOBODYS = "sha256:" + "0" * 64


@dataclass(frozen=True, slots=True)
class Token:
    """A key's public id and its secret, 256 random bits."""

    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Token:
        """A fresh one."""
        return cls("k_" + secrets.token_hex(8), secrets.token_urlsafe(32))

    @classmethod
    def of(cls, text: str) -> Token | None:
        """From the text that a caller sent; None where it is not, letter for letter, of the form of a token."""
        found = _FORM.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    @property
    def text(self) -> str:
        """As it is shown once and sent each time."""
        return f"{_MARK}.{self.key_id}.{self.secret}"

    @property
    def sha256(self) -> str:
        """Hash of the secret. It is random and long, so a plain hash cannot be guessed back."""
        return "sha256:" + hashlib.sha256(self.secret.encode()).hexdigest()

    def is_of(self, stored: str) -> bool:
        """Whether the secret is the one whose hash is stored, in time that does not depend on where they differ."""
        return hmac.compare_digest(self.sha256, stored)
