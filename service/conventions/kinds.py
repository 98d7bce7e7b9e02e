"""The form of an answer: JSON, CSV or Parquet, as `?format=` or `Accept` ask for it."""

from __future__ import annotations

from collections.abc import Mapping

from service.conventions.problems import Problem

MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
_CHARSET = {"csv": "; charset=utf-8"}


def kind_wanted(asked: str | None, accept: str) -> str:
    """`json`, `csv` or `parquet`. asked: of the address, goes before the header; Problem 406 or 422 otherwise."""
    if asked is not None:
        if asked not in MEDIA_TYPES:
            known = ", ".join(MEDIA_TYPES)
            raise Problem(422, "request_value", "format", pointer="", key="format", value=asked[:40], known=known)
        return asked
    weights = dict(_weighed(part) for part in accept.lower().split(",")) if accept.strip() else {"*/*": 1.0}
    found = {kind: _weight(media_type, weights) for kind, media_type in MEDIA_TYPES.items()}
    best = max(found, key=lambda kind: found[kind])
    if found[best] <= 0:
        raise Problem(406, "not_acceptable", "Accept", pointer="", known=", ".join(MEDIA_TYPES.values()))
    return best


def content_type(kind: str) -> str:
    """What Content-Type says of a kind."""
    return MEDIA_TYPES[kind] + _CHARSET.get(kind, "")


def _weight(media_type: str, weights: Mapping[str, float]) -> float:
    """How much a media type is liked: as itself, as one of its group, as anything."""
    for name in (media_type, media_type.split("/")[0] + "/*", "*/*"):
        if name in weights:
            return weights[name]
    return 0.0


def _weighed(part: str) -> tuple[str, float]:
    """A part of Accept with its weight; a malformed weight is none."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, text = parameter.partition("=")
        if key.strip() == "q":
            digits = text.strip()
            return name, float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 0.0
    return name, 1.0
