"""Who is in a scheme, as rows and checks of its sheet: the gates of the kernel, one scope after the other."""

from __future__ import annotations

from pricing.rate_table import NATION
from pricing.rules import OCCUPATION_INDUSTRY, PLATFORMS, PROVINCES, TIER_RULE
from pricing.words import say
from service.documents.book_pages import NONE, quoted
from service.documents.book_sheet import SchemeSheet
from service.documents.book_tables import ANY
from service.documents.exact_formulas import Whole


def gate_rows(sheet: SchemeSheet) -> None:
    """Rows and checks of the scheme's scope."""
    if sheet.scheme.scope == "pilot" or sheet.scheme.product is not None:
        sheet.section("scope")
    if sheet.scheme.scope == "pilot":
        _pilot(sheet)
    elif sheet.scheme.scope == "employed":
        employment = sheet.inputs["employment"]
        sheet.check(say("book_check_employed", sheet.lang), f'NOT({employment}="none")', "no_employer")
    elif sheet.scheme.product is not None:
        _product(sheet)
    if sheet.scheme.floor_by_days:
        days, income = sheet.inputs["active_days"], sheet.inputs["income_fen"]
        contradict = f'AND(NOT({days}=""),{days}=0,{income}>0)'
        sheet.check(say("book_check_days", sheet.lang), f"NOT({contradict})", "active_days_contradict")


def _product(sheet: SchemeSheet) -> None:
    product = sheet.scheme.product
    assert product is not None
    sheet.look_up(product.occupations, _named(sheet, "occupation"), "occupation_not_in_scope")
    if product.underwriting is not None:
        limit = sheet.tables[product.underwriting.benefit_limit]
        row = f"MATCH({sheet.region_of(limit.table.id)},{limit.column('region')},0)"
        known = f'NOT(INDEX({limit.column("value")},{row})="{NONE}")'
        title = limit.table.title[sheet.lang]
        sheet.check(say("book_check_known", sheet.lang, title=title), known, "benefit_limit_not_known")


def _named(sheet: SchemeSheet, *names: str) -> dict[str, str]:
    return {name: str(sheet.inputs[name]) for name in names}


def _pilot(sheet: SchemeSheet) -> None:
    """Industry, province, platform, and the tier where the amount depends on one."""
    lang = sheet.lang
    industry = sheet.look_up(OCCUPATION_INDUSTRY, _named(sheet, "occupation"), "industry_not_in_scope", counts=False)
    sheet.inputs["pilot_industry"] = industry
    province = sheet.look_up(PROVINCES, {}, "scope_not_established")
    sheet.check(say("book_check_province", lang), f'NOT({province}="out")', "province_not_in_scope")
    sheet.check(say("book_check_established", lang), f'NOT({province}="not_established")', "scope_not_established")
    platform = sheet.look_up(PLATFORMS, _named(sheet, "platform"), "platform_not_in_scope")
    _tier(sheet, str(province), str(platform))


def _tier(sheet: SchemeSheet, province: str, platform: str) -> None:
    """The tier typed in, else the rule's where it gives one; needed where the industry's amount has tiers."""
    amounts, industry = sheet.tables[sheet.scheme.base_rate], sheet.inputs["pilot_industry"]
    tiered = Whole("0", 1)
    if "pilot_tier" in amounts.keys:
        region, keys = sheet.region_of(amounts.table.id), amounts.column("key")
        first = sheet.edition.factors["pilot_tier"].levels[0]
        any_, one = (f'MATCH({region}&"|"&{industry}&"|"&{quoted(level)},{keys},0)' for level in (ANY, first))
        tiered = Whole(f"IF(AND(ISERROR({any_}),ISNUMBER({one})),1,0)", 1)
    tiered = sheet.step("tiered", tiered, "word")
    given, rule = sheet.inputs["pilot_tier"], '""'
    if isinstance(sheet.edition.number_of(TIER_RULE, NATION), int):
        levels = {"platform_batch": platform, "province_batch": province}
        rule = str(sheet.look_up(TIER_RULE, levels, only_if=f"{tiered}=1"))
    tier = sheet.step("tier", Whole(f'IF({given}="",IF({rule}="low","low",""),{given})', 0), "word")
    sheet.inputs["pilot_tier"] = tier
    assigned = f'OR({tiered}=0,NOT({tier}=""))'
    sheet.check(say("book_check_tier", sheet.lang), assigned, "rate_tier_not_assigned")
