"""The keyring: keys derived from the service's one secret, to re-key workers and to seal what names them.

A worker's pseudonym is stored as a keyed hash (HMAC-SHA-256): the same worker has the same `worker_key` on every
platform, and without the secret nobody can tell which. Documents that name a worker are compressed and sealed
(AES-256-GCM), so that whoever takes the database without the secret reads no worker's id in it.
"""

from __future__ import annotations

import base64
import hmac
import os
import zlib
from binascii import b2a_base64
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pricing.errors import InputError
from service.secret import LEAST_BYTES

_NONCE = 12
_WINDOW, _MEMORY = 14, 7  # of zlib: a document packs as small as with twice the memory, which it takes each time anew
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys of one secret, each for one purpose."""

    rekeying: bytes
    sealing: AESGCM
    signing: bytes
    tokens: AESSIV
    chaining: bytes  # of the audit log

    @classmethod
    def of(cls, secret: bytes) -> Keyring:
        """From the secret, at least 32 bytes."""
        if len(secret) < LEAST_BYTES:
            raise InputError("secret_too_short", "LICHENG_SECRET", least=LEAST_BYTES)
        sealing, tokens = AESGCM(_derived(secret, b"sealing")), AESSIV(_derived(secret, b"tokens", 64))
        rekeying, signing, chaining = (_derived(secret, purpose) for purpose in (b"rekeying", b"signing", b"chaining"))
        return cls(rekeying, sealing, signing, tokens, chaining)

    def worker_key(self, worker: str) -> str:
        """A worker as it is stored: a pseudonym of the same form, which only the secret connects with the given one."""
        digest = hmac.digest(self.rekeying, worker.encode("utf-8", "surrogatepass"), "sha256")
        return "w_" + _url_text(digest)

    def seal(self, document: bytes, place: str) -> bytes:
        """A document compressed and sealed for its place in the store, such as `quotes/q_1/answer`."""
        nonce, packing = os.urandom(_NONCE), zlib.compressobj(1, wbits=_WINDOW, memLevel=_MEMORY)
        packed = packing.compress(document) + packing.flush()
        return nonce + self.sealing.encrypt(nonce, packed, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The document; InputError where the secret or the place is another one, or a byte was changed."""
        try:
            return zlib.decompress(self.sealing.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()))
        except InvalidTag:
            raise InputError("seal_broken", "LICHENG_SECRET") from None

    def token(self, text: str, tenant: str) -> str:
        """A short text sealed for a tenant (AES-256-SIV): equal ones alike, so a run done twice writes the same."""
        return _url_text(self.tokens.encrypt(text.encode(), [tenant.encode()]))

    def text_of(self, token: str, tenant: str) -> str | None:
        """The text of a token; None where it was made for another tenant or with another secret, or is none."""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
            return self.tokens.decrypt(sealed, [tenant.encode()]).decode()
        except (InvalidTag, ValueError):
            return None

    def sign(self, text: str) -> str:
        """A signature of a text that this service gives out and will see again: a cursor, a session, an approval."""
        return base64.urlsafe_b64encode(hmac.digest(self.signing, text.encode(), "sha256")[:18]).decode()

    def is_signed(self, text: str, signature: str) -> bool:
        """Whether the signature is ours."""
        return hmac.compare_digest(self.sign(text), signature)


def _url_text(raw: bytes) -> str:
    """Base64 for addresses without padding; a month has millions of them, so this goes past the module's own way."""
    return b2a_base64(raw, newline=False).translate(_FOR_URLS, b"=").decode("ascii")


def _derived(secret: bytes, purpose: bytes, length: int = 32) -> bytes:
    return HKDF(SHA256(), length, None, b"licheng/" + purpose).derive(secret)
