"""Pages: every item once, in order; cursors that nobody else gave out are refused."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.auth.keyring import Keyring
from service.conventions.paging import _signed
from service.ids import is_id, new_id
from tests.service.secrets import SECRET
from tests.service.serving import Service, client, make_keys

ROOT = Path(__file__).resolve().parents[2]
RIDER: dict[str, Any] = json.loads((ROOT / "service/examples/rider.json").read_text(encoding="utf-8"))
ONE = {**RIDER, "schemes": ["pilot_per_order"], "covers": []}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client() as made:
        for _ in range(7):
            assert made.post("/v1/quotes", ONE).status_code == 201
        yield made


def walked(service: Service, first: str, role: str = "insurer") -> list[list[str]]:
    """Ids of every page, by following `next`."""
    pages, address = [], first
    while address:
        found = service.get(address, role)
        assert found.status_code == 200
        pages.append([item["id"] for item in found.json()["items"]])
        address = found.json()["next"]
        assert found.headers.get("link") == (f'<{address}>; rel="next"' if address else None)
    return pages


@pytest.mark.parametrize(("limit", "sizes"), [(3, [3, 3, 1]), (7, [7]), (1000, [7])])
def test_pages_hold_every_quote_once_the_newest_first(service: Service, limit: int, sizes: list[int]) -> None:
    pages = walked(service, f"/v1/quotes?limit={limit}")
    ids = [one for page in pages for one in page]
    assert [len(page) for page in pages] == sizes
    assert ids == sorted(set(ids), reverse=True)


def test_a_list_says_what_each_quote_is(service: Service) -> None:
    item = service.get("/v1/quotes?limit=1").json()["items"][0]
    whole = service.get(f"/v1/quotes/{item['id']}").json()
    assert list(item) == ["id", "created_at", "valid_until", "month", "edition", "release"]
    assert item["month"] == whole["answer"]["month"]
    assert {name: item[name] for name in item if name != "month"} == {
        name: whole[name] for name in item if name != "month"
    }


def test_what_comes_meanwhile_moves_no_later_page() -> None:
    with client() as service:
        for _ in range(4):
            service.post("/v1/quotes", ONE)
        first = service.get("/v1/quotes?limit=2").json()
        service.post("/v1/quotes", ONE)
        second = service.get(first["next"]).json()
    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert len(set(ids)) == 4
    assert second["next"] is None


def test_a_list_is_of_its_tenant_and_an_auditors_of_all(service: Service) -> None:
    assert walked(service, "/v1/quotes", "platform") == [[]]
    assert sum(map(len, walked(service, "/v1/quotes?limit=2", "auditor"))) == 7
    assert service.get("/v1/quotes", "actuary").status_code == 403


@pytest.mark.parametrize(("path", "role"), [("quotes", "insurer"), ("levies", "platform"), ("audit", "auditor")])
@pytest.mark.parametrize("name", ["format", "foo"])
def test_a_list_takes_what_it_knows_and_names_it(service: Service, path: str, role: str, name: str) -> None:
    answer = service.get(f"/v1/{path}?{name}=csv", role)
    assert (answer.status_code, answer.json()["code"]) == (422, "query_unknown")
    assert f"{name!r}" in answer.json()["message"]
    assert answer.json()["message"].endswith("Known: limit, cursor.")


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "1.5", "x", "", "１", "99999999999"])
def test_a_limit_that_is_none_is_refused(service: Service, limit: str) -> None:
    answer = service.http.get("/v1/quotes", params={"limit": limit}, headers=service.key("insurer"))
    assert (answer.status_code, answer.json()["code"]) == (422, "limit_not_valid")


def test_a_cursor_of_ours_changed_or_of_another_is_refused(service: Service) -> None:
    address = service.get("/v1/quotes?limit=2").json()["next"]
    cursor = address.rpartition("=")[2]
    changed = ["", "x", cursor[:-1], cursor + "A", "." + cursor, cursor.replace(".", ""), "é.é", cursor.swapcase()]
    for one in changed:
        answer = service.http.get("/v1/quotes", params={"cursor": one}, headers=service.key("insurer"))
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_not_valid"), one
    assert service.get(address, "platform").json()["code"] == "cursor_not_valid"
    assert service.get(address).status_code == 200


def test_a_cursor_goes_on_for_the_key_alone_whose_first_page_was_noted(service: Service) -> None:
    """A and B are auditors of one tenant: what B read by A's cursor would stand nowhere."""
    service.keys |= make_keys(service.database, {"b": ("auditor", "auditor-house")})
    for address in ("/v1/quotes?limit=2", "/v1/audit?limit=2"):
        following = service.get(address, "auditor").json()["next"]
        taken = service.get(following, "b")
        assert (taken.status_code, taken.json()["code"]) == (422, "cursor_not_valid")
        assert service.get(following, "auditor").status_code == 200


def told(page: httpx.Response) -> tuple[int, str]:
    """What the cursor of the next page says: when the first page was read, and where this one ended."""
    text = page.json()["next"].rpartition("=")[2].split(".")[0]
    began, _, last = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
    return int(began), last


def test_a_cursor_lapses_an_hour_after_the_first_page(service: Service) -> None:
    keyring, scope = Keyring.of(SECRET), f"/v1/quotes {service.keys['insurer'].split('.')[1]}"

    def read_before(seconds: float) -> httpx.Response:
        """What a cursor leads to whose first page was read so long ago."""
        said = f"{int(time.time() - seconds)} {told(service.get('/v1/quotes?limit=2'))[1]}"
        cursor = f"{base64.urlsafe_b64encode(said.encode()).decode().rstrip('=')}.{keyring.sign(_signed(scope, said))}"
        return service.get(f"/v1/quotes?limit=2&cursor={cursor}")

    second = read_before(3_500)
    assert second.status_code == 200
    assert time.time() - told(second)[0] > 3_490, "going on makes it no younger"
    lapsed = read_before(3_602)
    assert (lapsed.status_code, lapsed.json()["code"]) == (422, "cursor_lapsed")


def test_ids_sort_by_time_and_have_one_form() -> None:
    ids = [new_id("q_") for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(is_id(one, "q_") for one in ids)
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)  # the ten letters of the time
    for other in ("q_" + "8" + "0" * 25, "q_" + "0" * 25, "q_" + "0" * 27, "q_" + "I" * 26, "lv_" + "0" * 26):
        assert not is_id(other, "q_")
