"""Keys over HTTP: what is no key is none, what expired or was revoked stops, and the store is not asked each time."""

import asyncio
import datetime as dt
import threading
import time
from dataclasses import replace

import pytest

from service.auth.tokens import Token
from service.clock import now
from service.store import keys
from service.store.database import connect, writing
from service.store.keys import Key
from service.store.known_keys import FRESH_S, KnownKeys
from service.store.unavailable import StoreNotAvailable
from tests.service.secrets import CHAIN
from tests.service.serving import Service, client, served

ASKED = "/v1/quotes?limit=1"
KEY = Key("k_0123456789abcdef", "sha256:00", "insurer", "picc", "x", now().isoformat(), None, None, None)


def status(service: Service, value: str | bytes) -> int:
    return service.http.get(
        ASKED, headers=[(b"authorization", value if isinstance(value, bytes) else value.encode())]
    ).status_code


def test_a_key_opens_its_tenants_list(service: Service) -> None:
    token = service.keys["insurer"]
    assert status(service, f"Bearer {token}") == 200
    assert status(service, f"bearer   {token} ") == 200  # the scheme's name is of any case


@pytest.mark.parametrize(
    "altered",
    [
        lambda token: token.upper(),
        lambda token: token.swapcase(),
        lambda token: token + ".",
        lambda token: token.replace(".", "..", 1),
        lambda token: token + "A",
        lambda token: token[:-1],
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace("licheng", "lichеng"),  # a Cyrillic letter
        lambda token: token.replace(".k_", ".k_\u200b"),
        lambda token: token + " " + token,
        lambda token: token + "," + token,
        lambda token: token * 40,
        lambda token: "licheng.k_" + "0" * 16 + "." + token.split(".")[2],
        lambda token: token.split(".")[2],
        lambda token: f"licheng.{token.split('.')[1]}.",
        lambda token: f"licheng.{token.split('.')[1]}." + "%00" * 14 + "A",
        lambda token: "' OR '1'='1",
        lambda token: "",
    ],
)
def test_what_is_no_key(service: Service, altered: object) -> None:
    text = altered(service.keys["insurer"])  # type: ignore[operator]
    for kind in ("Bearer", "Basic"):
        answer = service.http.get(ASKED, headers=[(b"authorization", f"{kind} {text}".encode())])
        assert (answer.status_code, answer.json()["code"]) == (401, "key_not_valid")
        assert "Bearer" in answer.headers["WWW-Authenticate"]
        assert len(text) < 20 or text not in answer.text


def test_no_key_and_two_keys(service: Service) -> None:
    answer = service.http.get(ASKED)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_missing")
    twice = [("authorization", f"Bearer {service.keys[role]}") for role in ("insurer", "admin")]
    assert service.http.get(ASKED, headers=twice).status_code in (400, 401)
    assert status(service, service.keys["insurer"]) == 401  # without the word Bearer


def test_a_key_expires_in_its_second(service: Service) -> None:
    engine = connect(service.database, CHAIN)
    wanted = keys.Wanted("insurer", "brief", "x", now() + dt.timedelta(seconds=2))
    with writing(engine) as connection:
        token = keys.create(connection, wanted, "operator")
    engine.dispose()
    assert status(service, f"Bearer {token.text}") == 200
    time.sleep(2.1)
    assert status(service, f"Bearer {token.text}") == 401
    assert not replace(KEY, expires_at=now().isoformat()).holds(now())


@pytest.mark.slow
def test_a_key_that_was_revoked_in_use_stops_within_a_second() -> None:
    with served() as service:
        token = service.keys["insurer"]
        assert status(service, f"Bearer {token}") == 200
        engine = connect(service.database, CHAIN)
        with writing(engine) as connection:
            keys.revoke(connection, token.split(".")[1], "operator")
        engine.dispose()
        time.sleep(FRESH_S)
        assert status(service, f"Bearer {token}") == 401
        assert not [line for line in service.said if token.split(".")[2] in line]


def test_who_guesses_keys_does_not_make_the_store_read_on() -> None:
    with client(address_per_minute=5) as service:
        good = f"Bearer {service.keys['insurer']}"
        assert [status(service, good) for _ in range(7)] == [200] * 7  # counted for the key, not for its address
        known: KnownKeys = service.http.app.state.running.known  # type: ignore[attr-defined]
        read, asked = known._read, []

        def counted(key_id: str) -> Key | None:
            asked.append(key_id)
            return read(key_id)

        known._read = counted
        guesses = [f"Bearer licheng.k_{number:016x}.{'A' * 43}" for number in range(20)]
        assert [status(service, guess) for guess in guesses] == [401] * 5 + [429] * 15
        assert asked == [f"k_{number:016x}" for number in range(5)]
        assert status(service, good) == 200
        wrong = good[:-43] + "A" * 43
        assert status(service, wrong) == 429


def test_who_guesses_locks_out_no_good_key_behind_the_same_address() -> None:
    with client(address_per_minute=5) as service:
        guess = f"Bearer licheng.k_{'0' * 16}.{'A' * 43}"
        assert [status(service, guess) for _ in range(7)] == [401] * 5 + [429] * 2
        assert status(service, f"Bearer {service.keys['insurer']}") == 200  # never seen before the guesses
        fresh = service.key("insurer", "late")["Authorization"]
        time.sleep(FRESH_S)
        assert status(service, fresh) == 200
        assert status(service, guess) == 429


def test_unknown_ids_have_the_keys_that_hold_listed_once_a_second_at_most() -> None:
    began, listings = time.monotonic(), []

    def holding() -> frozenset[str]:
        listings.append(1)
        return frozenset({KEY.id})

    async def ask() -> list[bool]:
        known = KnownKeys(Reads(), holding)
        return [await known.knows(one) for one in (KEY.id, *(f"k_{number:016x}" for number in range(2000)))]

    assert asyncio.run(ask()) == [True] + [False] * 2000
    assert 1 <= len(listings) <= 1 + int((time.monotonic() - began) / FRESH_S)


class Reads:
    """A store that counts how often it is asked."""

    def __init__(self, found: Key | None = KEY, wait_s: float = 0.0) -> None:
        self.found, self.wait_s, self.count, self.lock = found, wait_s, 0, threading.Lock()
        self.gone = False

    def __call__(self, key_id: str) -> Key | None:
        with self.lock:
            self.count += 1
        time.sleep(self.wait_s)
        if self.gone:
            raise StoreNotAvailable("gone")
        return self.found


@pytest.mark.parametrize("found", [KEY, None])
def test_many_callers_ask_the_store_once_a_second_at_most(found: Key | None) -> None:
    reads, began = Reads(found, 0.05), time.monotonic()

    async def ask() -> list[Key | None]:
        known = KnownKeys(reads, frozenset)
        first = await asyncio.gather(*(known.find(KEY.id) for _ in range(200)))
        return [*first, *[await known.find(KEY.id) for _ in range(200)]]

    assert asyncio.run(ask()) == [found] * 400
    assert 1 <= reads.count <= 1 + int((time.monotonic() - began) / FRESH_S)


def test_unknown_ids_push_no_known_key_out_and_memory_is_bounded() -> None:
    reads = Reads(None)

    async def ask() -> tuple[Key | None, int]:
        known = KnownKeys(lambda key_id: KEY if key_id == KEY.id else reads(key_id), frozenset)
        await known.find(KEY.id)
        for number in range(10_200):
            await known.find(f"k_{number:016x}")
        held = sum(len(kept) for kept in (known._known, known._unknown, known._asked))
        return known._known[KEY.id].key, held

    found, held = asyncio.run(ask())
    assert (found, reads.count) == (KEY, 10_200)
    assert held <= 10_001


def test_a_known_key_goes_on_while_the_store_is_away_and_an_unknown_one_does_not() -> None:
    reads = Reads()

    async def ask() -> Key | None:
        known = KnownKeys(reads, frozenset)
        await known.find(KEY.id)
        reads.gone = True
        with pytest.raises(StoreNotAvailable):
            await known.find("k_ffffffffffffffff")
        await asyncio.sleep(FRESH_S + 0.1)
        found = await known.find(KEY.id)
        reads.gone, reads.found = False, replace(KEY, revoked_at=now().isoformat())
        await asyncio.sleep(FRESH_S + 0.1)
        assert await known.find(KEY.id) == reads.found  # and when it is back, its word counts
        return found

    assert asyncio.run(ask()) == KEY


@pytest.mark.slow
def test_a_store_that_hangs_holds_a_known_key_up_for_a_second_at_most() -> None:
    reads = Reads()

    async def ask() -> float:
        known = KnownKeys(reads, frozenset)
        await known.find(KEY.id)
        await asyncio.sleep(FRESH_S + 0.1)
        reads.wait_s = 2.5
        started = time.monotonic()
        assert await known.find(KEY.id) == KEY
        assert await known.find(KEY.id) == KEY
        return time.monotonic() - started

    assert asyncio.run(ask()) < 1.6


def test_a_token_has_one_form_and_hides_its_secret() -> None:
    token = Token.new()
    assert Token.of(token.text) == token
    assert token.is_of(token.sha256)
    assert not Token(token.key_id, token.secret[::-1]).is_of(token.sha256)
    assert token.secret not in repr(token) + str(token)
