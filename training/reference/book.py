"""How large a synthetic book the reference tariff rests on, with its seed."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Workers × months from first_month (YYYY-MM), drawn from a seed, as `licheng simulate` would draw them."""

    workers: int = 3_000_000
    months: int = 12
    seed: int = 2026
    first_month: str = "2025-01"

    def plain(self) -> dict[str, int | str]:
        """For JSON."""
        return asdict(self)
