"""How often one may ask: a fixed window of a minute for each key, and for each address that sends none."""

from __future__ import annotations

import ipaddress
import time
from functools import lru_cache

from fastapi import Request

from service.conventions.problems import Problem

WINDOW_SECONDS = 60
# Who asks open data often may still send a key that was never seen: guesses have a window of their own.
BY_KEY, BY_ADDRESS, BY_GUESS = "key", "address", "guess"


_MOST_WINDOWS = 20_000  # kept before those that are over are forgotten


class Rates:
    """Counts requests in the memory of this process, on the loop alone; what was not seen for a minute is forgotten."""

    def __init__(self, of_key: int, of_address: int) -> None:
        """of_key, of_address: requests in a minute."""
        self._most = {BY_KEY: of_key, BY_ADDRESS: of_address, BY_GUESS: of_address}
        self._policy = {kind: f'"{kind}";q={most};w={WINDOW_SECONDS}' for kind, most in self._most.items()}
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}  # when it ends, how many came
        self._forgot = 0.0

    def count(self, kind: str, who: str, cost: int = 1) -> dict[str, str]:
        """Count a request, or as many as it costs; the headers that tell how many are left, or Problem 429.

        The headers are those of draft-ietf-httpapi-ratelimit-headers: RateLimit-Policy and RateLimit.
        """
        now, most = time.monotonic(), self._most[kind]
        ends, came = self._windows.get((kind, who), (0.0, 0))
        if ends <= now:
            self._forget(now)
            ends, came = now + WINDOW_SECONDS, 0
        came += cost
        self._windows[kind, who] = ends, came
        seconds = min(int(ends - now) + 1, WINDOW_SECONDS)
        said = {
            "RateLimit-Policy": self._policy[kind],
            "RateLimit": f'"{kind}";r={max(most - came, 0)};t={seconds}',
        }
        if came > most:
            raise Problem(
                429, "rate_exceeded", headers={**said, "Retry-After": str(seconds)}, most=most, seconds=seconds
            )
        return said

    def give_back(self, kind: str, who: str) -> None:
        """Take back a request that was counted for somebody else."""
        if (kind, who) in self._windows:
            ends, came = self._windows[kind, who]
            self._windows[kind, who] = ends, max(came - 1, 0)

    def _forget(self, now: float) -> None:
        """Let go of what is over, at most once a second however many come."""
        if len(self._windows) >= _MOST_WINDOWS and now - self._forgot >= 1:
            self._forgot = now
            self._windows = {who: window for who, window in self._windows.items() if window[0] > now}


def count_key(request: Request, key_id: str) -> None:
    """Count a request of a key that holds; Problem 429. The answer then says how many are left."""
    rates: Rates = request.app.state.rates
    state = request.state
    state.rate, state.key_id = rates.count(BY_KEY, key_id), key_id


def count_address(request: Request, cost: int = 1) -> None:
    """Count a request without a key for its address; Problem 429. cost: of an answer that has to be computed, in
    requests.
    """
    rates: Rates = request.app.state.rates
    request.state.rate = rates.count(BY_ADDRESS, address(request), cost)


def count_guess(request: Request) -> None:
    """Count a request with a key that does not hold, or is not known yet, for its address; Problem 429."""
    rates: Rates = request.app.state.rates
    request.state.rate = rates.count(BY_GUESS, address(request))


def give_back(request: Request) -> None:
    """A key that was not known yet turned out to hold: it was no guess, and counts for itself."""
    rates: Rates = request.app.state.rates
    rates.give_back(BY_GUESS, address(request))


def address(request: Request) -> str:
    """Who asks without a key, as it is counted."""
    return address_of(request.client.host if request.client else "")


@lru_cache(maxsize=4096)
def address_of(host: str) -> str:
    """An address as it is counted: of IPv6 its network of 64 bits, for one customer has all of it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((host, 64), strict=False)) if address.version == 6 else host
