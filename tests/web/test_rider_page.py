"""The rider's quote in a real Chromium: figures of the API, both languages, errors, keyboard, phone, no script."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pricing.spoken import yuan, yuan_of_fen
from pricing.words import say
from tests.service.serving import Service
from tests.web.browsing import PHONE, Watched, too_wide, watched

EXAMPLE = json.loads(Path("service/examples/rider.json").read_text("utf-8"))


def asked(site: Service, **changed: Any) -> dict[str, Any]:
    """What the API answers to the example rider."""
    answer: dict[str, Any] = site.post("/v1/prices", {**EXAMPLE, "curve": True, **changed}).json()
    return answer


def premium(answer: dict[str, Any], name: str) -> str:
    return yuan_of_fen(next(one for one in answer["schemes"] if one["scheme"] == name)["premium_fen"])


def field(page: Page, name: str) -> Any:
    return page.locator(f"[id='{name}']")


def test_the_start_page_shows_what_the_api_answers(site: Service, visit: Watched) -> None:
    answer = asked(site)
    page = visit.open("/")
    law, proposal = page.locator(".versus .amount").all_inner_texts()
    assert law.split()[0] == premium(answer, "pilot_per_order")
    assert proposal.split()[0] == premium(answer, "mileage_linked")
    linked = next(one for one in answer["schemes"] if one["scheme"] == "mileage_linked")
    assert page.locator(".next b").inner_text() == yuan(linked["next_km_millifen"])
    points = [{"distance_m": p["distance_m"], "premium_fen": p["premium_fen"]} for p in linked["curve"]]
    page.get_by_text(say("page_curve_table", "en")).first.click()
    shown = page.locator("table.points tbody tr td:last-child").all_inner_texts()
    assert shown == [yuan_of_fen(point["premium_fen"]) for point in points]
    assert len(shown) == 41


def test_every_step_of_the_worksheet_stands_with_its_source(site: Service, visit: Watched) -> None:
    linked = next(one for one in asked(site)["schemes"] if one["scheme"] == "mileage_linked")
    first = [line for line in linked["worksheet"] if line["row"] == 0]
    sheet = visit.open("/").locator("details.sheet").nth(1)
    sheet.locator("summary").click()
    table = sheet.locator("table").first
    assert table.locator("tbody tr").count() == len(first)
    for line, shown in zip(first, table.locator("tbody tr").all_inner_texts(), strict=True):
        assert line["text"] in shown
        assert line.get("entry", "") in shown


def test_another_month_is_priced_and_the_answer_has_the_focus(site: Service, visit: Watched) -> None:
    usage = [{**EXAMPLE["usage"][0], "distance_m": 1_200_500, "income_fen": 310_050, "worked_min": 5415}]
    usage.append(EXAMPLE["usage"][1])
    answer = asked(site, usage=usage)
    page = visit.open("/")
    for name, text in (("distance_m", "1,200.5"), ("income_fen", "3100.50"), ("worked_min", "90:15")):
        field(page, f"0-{name}").fill(text)
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    expect(page.locator("#answer")).to_be_focused()
    assert page.locator(".versus .amount").nth(1).inner_text().split()[0] == premium(answer, "mileage_linked")


def test_the_switch_of_language_keeps_what_was_typed(visit: Watched) -> None:
    page = visit.open("/")
    field(page, "0-orders").fill("555")
    field(page, "1-platform").select_option("eleme")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.locator("h1").inner_text() == say("page_rider_title", "zh")
    assert (field(page, "0-orders").input_value(), field(page, "1-platform").input_value()) == ("555", "eleme")
    visit.open("/tariff")
    assert page.locator("h1").inner_text() == say("page_tariff_title", "zh")  # remembered


@pytest.mark.parametrize(("header", "lang"), [("zh-CN", "zh"), ("fr-FR", "en")])
def test_the_browser_says_which_language(site: Service, browser: Browser, header: str, lang: str) -> None:
    with watched(browser, site.url, locale=header) as visit:
        assert visit.open("/").locator("h1").inner_text() == say("page_rider_title", lang)


def test_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(visit: Watched) -> None:
    page = visit.open("/")
    field(page, "0-distance_m").fill("27x")
    field(page, "0-income_fen").fill("5200.505")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    expect(page.locator(".summary")).to_be_focused()
    for name, code, value in (("distance_m", "km", "27x"), ("income_fen", "yuan", "5200.505")):
        words = say(f"page_fault_{code}", "en", value=value)
        assert page.locator(f"[id='0-{name}-error']").inner_text() == words
        assert field(page, f"0-{name}").get_attribute("aria-invalid") == "true"
        assert field(page, f"0-{name}").input_value() == value
    page.locator(".summary a").first.click()
    expect(field(page, "0-distance_m")).to_be_focused()


def test_a_wrong_month_is_refused_with_the_words_of_the_api(site: Service, plain: Watched) -> None:
    problem = site.post("/v1/prices", {**EXAMPLE, "month": ""}).json()
    page = plain.open("/")
    field(page, "month").fill("")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    assert page.locator("#month-error").inner_text() == problem["message"]


def test_a_row_without_kilometres_is_named_and_leads_to_its_field(visit: Watched) -> None:
    page = visit.open("/")
    field(page, "0-distance_m").fill("")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    expect(page.locator(".verdict")).to_have_text(say("page_incomplete", "en"))
    page.get_by_role("link", name=say("page_mend", "en", row=1)).click()
    expect(field(page, "0-distance_m")).to_be_focused()


def test_rows_are_added_and_removed(visit: Watched) -> None:
    page = visit.open("/")
    page.get_by_role("button", name=say("page_add_row", "en")).click()
    expect(field(page, "2-platform")).to_be_focused()
    field(page, "1-orders").fill("77")
    page.get_by_role("button", name=say("page_remove_row", "en", number=1)).click()
    expect(page.locator("fieldset.row")).to_have_count(2)
    assert field(page, "0-orders").input_value() == "77"


def test_without_script_a_quote_rows_and_languages_work(site: Service, plain: Watched) -> None:
    page = plain.open("/")
    page.get_by_role("button", name=say("page_remove_row", "en", number=2)).click()
    field(page, "0-orders").fill("600")
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    answer = asked(site, usage=[{**EXAMPLE["usage"][0], "orders": 600}])
    assert page.locator(".versus .amount").first.inner_text().split()[0] == premium(answer, "pilot_per_order")
    page.get_by_role("button", name="中文").click()
    assert field(page, "0-orders").input_value() == "600"
    assert page.locator("#answer").inner_text() == say("page_answer_for", "zh", month="2025年8月")


def test_a_quote_with_the_keyboard_alone(visit: Watched) -> None:
    page = visit.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "0-orders":
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("100")
    page.keyboard.press("Enter")  # prices, and does not switch the language, remove or add a row
    expect(page.locator("#answer")).to_be_focused()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("fieldset.row").count() == 2
    assert page.locator(".versus .amount").first.inner_text().split()[0] == "16.80"  # (100 + 140) orders × 0.07 yuan


def test_the_slider_says_what_other_kilometres_cost(site: Service, visit: Watched) -> None:
    linked = next(one for one in asked(site)["schemes"] if one["scheme"] == "mileage_linked")
    page = visit.open("/")
    before = page.locator("#now").get_attribute("cx")
    page.locator("#whatif").focus()
    page.keyboard.press("End")
    last = linked["curve"][-1]
    words = say("page_whatif_says", "en", km=f"{last['distance_m'] // 1000:,}", fen=yuan_of_fen(last["premium_fen"]))
    assert page.locator("#whatif-says").inner_text() == words
    assert page.locator("#now").get_attribute("cx") != before


def test_voluntary_covers_are_priced_when_asked_for(site: Service, visit: Watched) -> None:
    cover = asked(site, covers=["third_party"])["covers"][0]
    page = visit.open("/")
    page.get_by_label(cover["title"]["en"]).check()
    page.get_by_role("button", name=say("page_price_it", "en")).click()
    row = page.locator("table.schemes tbody tr").filter(has_text=cover["title"]["en"])
    assert row.locator("td").first.inner_text() == yuan_of_fen(cover["premium_fen"])


@pytest.mark.parametrize("path", ["/", "/host", "/tariff?month=2025-08", "/months", "/nothing"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_phone_does_not_scroll_to_the_side(site: Service, browser: Browser, path: str, lang: str) -> None:
    with watched(browser, site.url, viewport=PHONE) as visit:
        page = visit.open(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert page.locator("h1").inner_text()
        assert too_wide(page) == 0
