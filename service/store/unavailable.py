"""What the store says when the database does not answer: gone, full, locked for too long."""

from __future__ import annotations

from pricing.errors import LichengError

RETRY_AFTER_S = 5  # when to ask again


class StoreNotAvailable(LichengError):
    """Nothing was stored, or nobody can say that it was; ask again later. reason: the database's words, for logs."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("store_not_available", "")
