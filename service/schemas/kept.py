"""The OpenAPI document of a running service, made when it is first asked for: pydantic's schemas cost a start-up."""

from __future__ import annotations

from typing import Any


def document(app: Any) -> dict[str, Any]:
    """The document. app: the application, which keeps it."""
    from service.schemas.openapi import described

    kept: dict[str, Any] | None = getattr(app.state, "described", None)
    if kept is None:
        kept = app.state.described = described(app.openapi())
    return kept
