"""A month on pages, in a real Chromium: sign in, check, settle, watch, read, download, sign out."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from pricing.spoken import yuan_of_fen
from pricing.words import say
from service.web.dates import time_words
from tests.service.serving import Service, served
from tests.web.browsing import DESK, PHONE, Watched, barriers, too_wide, watched

USAGE, REGISTER = (Path("service/examples/month") / name for name in ("usage.csv", "platforms.csv"))


@pytest.fixture
def signed(site: Service, visit: Watched) -> Page:
    """A page that signed in as the platform whose rows the example has."""
    site.key("platform")
    page = visit.open("/months")
    page.locator("#key").fill(site.keys["platform"])
    page.get_by_role("button", name=say("page_sign_in_do", "en"), exact=True).click()
    expect(page.locator("#usage")).to_be_visible()
    return page


def choose(page: Page) -> None:
    """The example month in the form."""
    page.locator("#month").fill("2025-08")
    page.locator("#known_on").fill("2025-11-30")
    page.locator("#usage").set_input_files(USAGE)
    page.locator("#platforms").set_input_files(REGISTER)


def test_a_wrong_key_is_refused_at_its_field(visit: Watched) -> None:
    page = visit.open("/months")
    page.locator("#key").fill("licheng.k_0123456789abcdef." + "x" * 43)
    page.get_by_role("button", name=say("page_sign_in_do", "en"), exact=True).click()
    assert page.locator("#key-error").inner_text() == say("key_not_valid", "en")
    assert page.locator("#key").input_value() == ""  # never sent back


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(signed: Page) -> None:
    cookie = next(one for one in signed.context.cookies() if one["name"] == "session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert "session" not in signed.evaluate("document.cookie")


def test_a_month_is_checked_and_nothing_of_it_is_kept(site: Service, signed: Page) -> None:
    choose(signed)
    signed.get_by_role("button", name=say("page_check_it", "en")).click()
    expect(signed.locator("#check-head")).to_be_focused(timeout=30_000)
    codes = signed.locator("table.refusals tbody th").all_inner_texts()
    assert {"platform_not_yours", "no_employer", "value_not_a_number"} == set(codes)
    assert signed.locator("#usage").evaluate("field => field.files.length") == 1  # still chosen
    assert list((site.home / "levies").glob("*")) == []
    assert barriers(signed) == []


@pytest.mark.slow
def test_a_month_is_settled_watched_and_read(site: Service, signed: Page) -> None:
    choose(signed)
    signed.get_by_role("button", name=say("page_settle_it", "en")).click()
    signed.wait_for_url("**/months/lv_*")
    expect(signed.locator("#downloads")).to_be_visible(timeout=60_000)
    levy_id = signed.url.rsplit("/", 1)[-1]
    totals = site.get(f"/v1/levies/{levy_id}/totals", "platform").json()
    shown = signed.locator("table.totals tbody tr").all_inner_texts()
    assert len(shown) == len(totals["schemes"])
    assert all(yuan_of_fen(one["levy_fen"]) in row for one, row in zip(totals["schemes"].values(), shown, strict=True))
    rows = site.get(f"/v1/levies/{levy_id}/refusals", "platform").json()["items"]
    assert sum(int(text) for text in signed.locator("table.refusals td.number").all_inner_texts()) == len(rows)
    assert barriers(signed) == []

    with signed.expect_download() as held:
        signed.get_by_role("link", name=f"{say('page_table_lines', 'en')}, CSV").click()
    api = site.http.get(f"/v1/levies/{levy_id}/lines?format=csv", headers=site.key("platform"))
    assert held.value.path().read_bytes() == api.content
    assert len(list(csv.DictReader(io.StringIO(api.text)))) == sum(one["priced"] for one in totals["schemes"].values())
    with signed.expect_download() as held:
        signed.get_by_role("link", name=f"{say('page_table_refusals', 'en')}, Parquet").click()
    assert pq.read_table(held.value.path()).num_rows == len(rows)

    signed.get_by_role("link", name=say("page_all_months", "en")).click()
    assert signed.locator(f"table.earlier a[href='/months/{levy_id}']").count() == 1


@pytest.fixture
def tried(browser: Browser) -> Iterator[Watched]:
    """A page without script of a demonstration of its own: a caller's key, such as other tests make, would end it."""
    with (
        served(None, "--demo") as service,
        watched(browser, service.url, java_script_enabled=False) as found,
    ):
        yield found


@pytest.mark.slow
def test_a_month_without_script_is_watched_by_itself(tried: Watched) -> None:
    page = tried.open("/months")
    page.get_by_role("button", name=say("page_try_it", "en")).click()
    choose(page)
    page.get_by_role("button", name=say("page_check_it", "en")).click()
    assert page.locator("#check-head").inner_text() == say("page_checked", "en", rows=9)
    assert page.locator("#month").input_value() == "2025-08"
    choose(page)
    page.get_by_role("button", name=say("page_settle_it", "en")).click()
    expect(page.locator("#downloads")).to_be_visible(timeout=60_000)  # by meta refresh


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_uploads_of_a_month_are_told_apart(lang: str, site: Service, signed: Page) -> None:
    headers = {**site.key("platform"), "Content-Type": "text/csv"}
    sent = [
        site.http.post("/v1/levies?month=2025-08", content=USAGE.read_bytes(), headers=headers).json() for _ in range(2)
    ]
    for levy in sent:
        signed.goto(f"{site.url}/months/{levy['id']}?lang={lang}")
        expect(signed.locator("#downloads")).to_be_visible(timeout=60_000)
        assert levy["id"][-6:] in signed.locator("dl.facts").inner_text()
    for size in (DESK, PHONE):
        signed.set_viewport_size(size)
        signed.goto(f"{site.url}/months?lang={lang}")
        shown = [
            signed.locator("table.earlier tr", has=signed.locator(f"a[href='/months/{one['id']}']")) for one in sent
        ]
        texts = [row.inner_text() for row in shown]
        for text, levy in zip(texts, sent, strict=True):
            assert [
                part for part in (levy["id"][-6:], time_words(levy["created_at"], lang), "9") if part not in text
            ] == []
        assert texts[0] != texts[1]
        assert (too_wide(signed), barriers(signed)) == (0, [])


def test_no_file_chosen_is_said_at_its_field(signed: Page) -> None:
    signed.locator("#month").fill("2025-08")
    signed.get_by_role("button", name=say("page_settle_it", "en")).click()
    assert signed.locator("#usage-error").inner_text() == say("missing_field", "en", key="usage")
    assert signed.locator("#month").input_value() == "2025-08"


@pytest.mark.slow
def test_a_file_that_is_no_usage_is_said_where_it_is_watched(signed: Page) -> None:
    choose(signed)
    signed.locator("#usage").set_input_files(REGISTER)
    signed.get_by_role("button", name=say("page_settle_it", "en")).click()
    expect(signed.locator("#run .refused")).to_contain_text("effective_from", timeout=60_000)


def test_who_signs_out_is_out(signed: Page) -> None:
    signed.get_by_role("button", name=say("page_sign_out", "en")).click()
    expect(signed.locator("#key")).to_be_visible()
    assert "session" not in [one["name"] for one in signed.context.cookies()]


def test_an_auditor_reads_and_does_not_send(site: Service, browser: Browser) -> None:
    site.key("auditor")
    with watched(browser, site.url, viewport=PHONE) as visit:
        page = visit.open("/months?lang=zh")
        page.locator("#key").fill(site.keys["auditor"])
        page.get_by_role("button", name=say("page_sign_in_do", "zh"), exact=True).click()
        expect(page.locator("#earlier")).to_be_visible()
        assert page.locator("#usage").count() == 0
        assert too_wide(page) == 0
