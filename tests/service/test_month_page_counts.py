"""Rows of a month are counted alike everywhere: none below zero, and what was read is what became of it."""

import html
import re
from collections.abc import Iterator

import pytest

from pricing.words import say
from tests.service.sent_months import Json, month_files, over, rows, send_form
from tests.service.serving import Service, client
from tests.web.test_page_security import HTML, sign_in

COUNTED = ("priced", "refused", "out_of_scope", "duplicate")
HEADS = {say(f"page_levy_{name}", "en"): name for name in COUNTED}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with client() as found:
        yield found


@pytest.fixture(scope="module")
def levy(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """A month with every cover and no enrolment: of most covers all rows are out of scope."""
    usage, register = month_files(tmp_path_factory.mktemp("sent"), rows())
    parts = [("usage", ("usage.csv", usage.read_bytes())), ("platforms", ("register.csv", register.read_bytes()))]
    done = over(service, send_form(service, parts, covers="all"))
    assert done["state"] == "done", done
    return done


def counted(page: str) -> list[dict[str, int]]:
    """The cells of the page's totals, a dictionary of each scheme and cover."""
    [table] = re.findall(r'<table class="stacks totals">(.*?)</table>', page, re.DOTALL)
    lines = [re.findall(r'data-head="([^"]+)">([^<]*)<', row) for row in table.split("<tr>")[2:]]
    return [{HEADS[html.unescape(h)]: int(n.replace(",", "")) for h, n in line if h in HEADS} for line in lines]


def test_the_page_counts_every_row_once_and_none_below_zero(service: Service, levy: Json) -> None:
    sign_in(service, "platform")
    page = service.http.get(f"/months/{levy['id']}?lang=en", headers=HTML).text
    found = counted(page)
    assert len(found) > 5
    assert any(one["out_of_scope"] for one in found)
    assert [one for one in found if min(one.values()) < 0 or sum(one.values()) != levy["rows"]] == []
    assert say("page_out_of_scope_means", "en") in page
    assert say("page_out_of_scope_means", "zh") in service.http.get(f"/months/{levy['id']}?lang=zh", headers=HTML).text


def test_totals_add_up_as_their_description_says(service: Service, levy: Json) -> None:
    totals = service.get(levy["links"]["totals"], "platform").json()
    for kind, outside in (("schemes", 0), ("covers", 1)):
        for one in totals[kind].values():
            assert one["read"] == one["priced"] + one["refused"] + one["duplicate"] + outside * one["out_of_scope"]
    described = service.get("/openapi.json", role="").json()["components"]["schemas"]
    assert described["Totals"]["properties"]["covers"]["additionalProperties"] == {
        "$ref": "#/components/schemas/Counted"
    }
    assert "out_of_scope" in described["Counted"]["properties"]["refused"]["description"]
