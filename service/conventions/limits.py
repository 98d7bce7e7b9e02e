"""Limits of a request before anything of it is read: its head, its address, the size of its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from service.addresses import BATCHES, UPLOADS
from service.conventions.problems import Problem
from service.serving import Serving

MOST_HEAD = 16_384  # bytes of all headers together
MOST_ADDRESS = 8_192  # bytes of the path with its query
UPLOAD_SECONDS = 3_600  # for a whole month of usage
BATCH_BYTES = 2_000  # of one request in a batch, on average
# Headers on which two readers could disagree if they stood twice.
_ONCE = frozenset(
    name.encode()
    for name in (
        *("authorization", "content-type", "content-length", "content-encoding", "host", "idempotency-key"),
        *("if-none-match", "x-request-id", "expect", "transfer-encoding"),
    )
)
_CONTROL = re.compile("[\x00-\x1f\x7f\ufffd]")
_CONTROL_IN_QUERY = re.compile(rb"%0[0-9a-f]|%1[0-9a-f]|%7f|[^\x21-\x7e]", re.IGNORECASE)
Head = Mapping[bytes, bytes]


def read_head(scope: Mapping[str, Any]) -> Head:
    """The headers by name; Problem 400, 414 or 431 where the head is not one that everybody reads alike."""
    found: dict[bytes, bytes] = {}
    size = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name in found and name in _ONCE:
            raise Problem(400, "header_twice", name.decode("latin-1"), name=name.decode("latin-1"))
        found[name] = value
    if size > MOST_HEAD:
        raise Problem(431, "head_too_large", most=MOST_HEAD)
    query = scope["query_string"]
    if len(scope["path"]) + len(query) > MOST_ADDRESS:
        raise Problem(414, "address_too_long", most=MOST_ADDRESS)
    if _CONTROL.search(scope["path"]) or _CONTROL_IN_QUERY.search(query):
        raise Problem(400, "address_unreadable")
    return found


def check_body(head: Head, most: int) -> None:
    """Problem 413, 415 or 417 where the head already says that the body is not taken. most: bytes."""
    encoding = head.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b""):
        said = encoding.decode("latin-1")
        raise Problem(
            415,
            "encoding_not_taken",
            "Content-Encoding",
            headers={"Accept-Encoding": "identity"},
            encoding=said,
        )
    if head.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise Problem(417, "expectation_failed", "Expect")
    declared = head.get(b"content-length", b"0")
    if len(declared) > 18 or (declared.isdigit() and int(declared) > most):
        raise too_large(most)


def too_large(most: int) -> Problem:
    """A body beyond its limit. most: bytes."""
    return Problem(413, "body_too_large", "body", most=f"{most:,}")


def is_upload(path: str) -> bool:
    """Whether a body sent to a path goes to disk as it comes."""
    return path in UPLOADS


def most_body(path: str, serving: Serving) -> int:
    """Bytes that the body of a request to a path may have."""
    if is_upload(path):
        return serving.most_upload
    return max(serving.most_body, serving.most_batch * BATCH_BYTES) if path in BATCHES else serving.most_body


def body_seconds(path: str, serving: Serving) -> int:
    """Seconds in which the whole body must have come."""
    return UPLOAD_SECONDS if is_upload(path) else serving.body_seconds
