"""How often one may ask: a fixed window of a minute for each key, and for each address that sends none."""

from __future__ import annotations

import ipaddress
import time
from functools import lru_cache

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from service.conventions.problems import Problem

WINDOW_SECONDS = 60
BY_KEY, BY_ADDRESS = "key", "address"


class Rates:
    """Counts requests in the memory of this process; what has not been seen for a minute is forgotten."""

    def __init__(self, of_key: int, of_address: int) -> None:
        """of_key, of_address: requests in a minute."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._items = {BY_KEY: RateLimitItemPerMinute(of_key), BY_ADDRESS: RateLimitItemPerMinute(of_address)}

    def count(self, kind: str, who: str) -> dict[str, str]:
        """Count a request; the headers that tell how many are left, or Problem 429 where there are none.

        The headers are those of draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy and RateLimit.
        """
        item = self._items[kind]
        within = self._limiter.hit(item, kind, who)
        reset, remaining = self._limiter.get_window_stats(item, kind, who)
        seconds = min(max(int(reset - time.time()) + 1, 1), WINDOW_SECONDS)
        said = {
            "RateLimit-Policy": f'"{kind}";q={item.amount};w={WINDOW_SECONDS}',
            "RateLimit": f'"{kind}";r={remaining};t={seconds}',
        }
        if not within:
            refused = {**said, "Retry-After": str(seconds)}
            raise Problem(429, "rate_exceeded", headers=refused, most=item.amount, seconds=seconds)
        return said


def count_key(request: Request, key_id: str) -> None:
    """Count a request of a key that holds; Problem 429. The answer then says how many are left."""
    rates: Rates = request.app.state.rates
    request.state.rate = rates.count(BY_KEY, key_id)
    request.state.key_id = key_id


def count_address(request: Request) -> None:
    """Count a request without a key, or with one that does not hold, for its address; Problem 429."""
    rates: Rates = request.app.state.rates
    request.state.rate = rates.count(BY_ADDRESS, address_of(request.client.host if request.client else ""))


@lru_cache(maxsize=4096)
def address_of(host: str) -> str:
    """An address as it is counted: of IPv6 its network of 64 bits, for one customer has all of it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((host, 64), strict=False)) if address.version == 6 else host
