"""Every code has its sentence in both languages, every sentence its code, and every refusal its test case."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

from pricing.errors import ROW_CODES
from pricing.product import EXPOSURES
from pricing.rate_table import EVIDENCE, STATUSES, By
from pricing.register import COLUMNS as REGISTER_COLUMNS
from pricing.scheme import SCOPES
from pricing.tariff import Tariff
from pricing.usage import BY_NAME, SIDE_COLUMNS
from pricing.words import sentences
from service.prices.declare import COLUMNS as DECLARED_COLUMNS

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
TARIFF = Tariff.load()
CURVES = [r.name for s in TARIFF.schemes.values() for r in s.relativities if r.by_curve]
COLUMNS = (*BY_NAME, *REGISTER_COLUMNS, *DECLARED_COLUMNS, *SIDE_COLUMNS)

# What a curve's quantity is called: a column, several added, or a quotient that is no share.
QUANTITY_WORDS = [
    "_and_".join(r.of) if not r.per else f"{r.of[0]}_per_{r.per[0]}"
    for s in TARIFF.schemes.values()
    for r in s.relativities
    if r.by_curve and not (r.per and r.share)
]

# Perils of the tables of expected costs.
PERILS = sorted(
    {
        peril
        for scheme in TARIFF.schemes.values()
        if scheme.expected is not None
        for entries in TARIFF.tables[scheme.expected.frequency].entries.values()
        for entry in entries
        if isinstance(entry.value, By)
        for peril in entry.value.nodes
    }
)

GATES = ["deviance", "calibration", "fidelity", "monotone", "fairness", "lint", "dislocation"]

# Codes that are put together while the program runs: prefix → what may follow.
FAMILIES = {
    "column_": COLUMNS,
    "compare_occupation_": TARIFF.factors["occupation"].levels,
    "card_figure_": ["rows", "claims", "deviance", "gain", "explained", "cells", "model"],
    "card_shape_": ["curve", "levels"],
    "impact_by_": ["platform", "region", "occupation", "vehicle", "distance_m"],
    "gate_": GATES,
    "gate_name_": GATES,
    "due_": [scope for scope in SCOPES if scope != "proposal"],
    "payer_": TARIFF.factors["payer"].levels,
    "per_": [unit.removeprefix("millifen per ").replace(" ", "_") for unit in EXPOSURES.values()],
    "claim_step_": ["limit_event", "limit_order", "limit_twelve_months"],
    "level_": ["fen", "ppm", "days", "months", "yes", "no"],
    "mark_": (*STATUSES, *EVIDENCE),
    "option_": sorted({name for s in TARIFF.schemes.values() if s.product is not None for name in s.product.options}),
    "page_industry_": TARIFF.factors["pilot_industry"].levels,
    "page_level_": [
        *("batch_2022", "batch_2025", "batch_2026", "out", "not_established", "required"),
        *("likely", "insured", "floor", "cap", "least", "greatest"),
        *("full", "large", "part", "spouse", "other", "lone_addition"),
        *("total", "lump_sum", "allowance", "care", "funeral", "death_grant"),
        *("dependants", "stop_work", "fund", "usual", "extension", "direct"),
        "contracted",
    ],
    "peril_": PERILS,
    "vehicle_": TARIFF.factors["vehicle"].levels,
    "quantity_": QUANTITY_WORDS,
    "step_": ["base_rate", "reduction", "float", "off_balance", "ratio", "contribution_base", "contribution_base_days"],
}

# Refusals that no test case produces, and why.
WITHOUT_CASE = {
    "history_out_of_order": "the order of JSON's keys says nothing; of a file: tests/service/test_levy_covers.py",
    "history_twice": "JSON cannot say a month twice; of a file: tests/service/test_levy_covers.py",
    "group_contradicts": "a request names one group; of a file: tests/service/test_levy_covers.py",
    "status_not_levied": "only a levy refuses for its status: tests/service/test_levy_refuses.py",
    "duplicate": "counts once and is told to nobody; the totals count it",
    "rate_not_known": "the shipped tariff has no gap; tests/pricing/test_ended_tables.py makes some",
}
RAISED_ELSEWHERE = {
    "not_a_curve": "raised when the month is priced, not when the folder is read",
}


@cache
def trees() -> dict[str, ast.Module]:
    names = sorted([*ROOT.glob("pricing/**/*.py"), *ROOT.glob("service/**/*.py"), *ROOT.glob("training/**/*.py")])
    assert len(names) > 10
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in names}


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """File and call of every function or class of these names."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in names:
                    yield path, node


def codes_of(*names: str) -> dict[str, str]:
    """Code → file of every literal, or choice of literals, that stands first in a call."""
    found = {}
    for path, call in calls(*names):
        first = call.args[0] if call.args else call
        choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
        found |= {c.value: path for c in choices if isinstance(c, ast.Constant) and isinstance(c.value, str)}
    assert found, names
    return found


def texts() -> set[str]:
    """Every text that stands in the code, or quoted in a page's template."""
    nodes = (node for tree in trees().values() for node in ast.walk(tree))
    pages = [
        path.read_text(encoding="utf-8") for room in ("service", "training") for path in ROOT.glob(f"{room}/**/*.html")
    ]
    quoted = {word for page in pages for word in re.findall(r"'([a-z_]+)'", page)}
    return quoted | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def beginnings() -> set[str]:
    """What the texts begin with that are put together."""
    found = set(FAMILIES)
    for tree in trees().values():
        for node in ast.walk(tree):
            first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else None
            first = node.left if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else first
            if isinstance(first, ast.Constant) and "_" in str(first.value):
                found.add(str(first.value))
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_both_languages_have_the_same_codes() -> None:
    assert set(sentences("en")) == set(sentences("zh"))
    assert len(sentences("en")) > 100


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_code_stands_twice(lang: str) -> None:
    lines = (ROOT / "pricing" / "words" / f"{lang}.yaml").read_text(encoding="utf-8").splitlines()
    codes = [line.split(":")[0] for line in lines if line and not line.startswith(("#", " "))]
    assert sorted(codes) == sorted(set(codes))


def test_both_languages_have_the_same_placeholders() -> None:
    pairs = {code: (placeholders(sentences("en")[code]), placeholders(zh)) for code, zh in sentences("zh").items()}
    assert {code: pair for code, pair in pairs.items() if pair[0] != pair[1]} == {}


def test_chinese_sentences_are_chinese_and_english_ones_are_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert [code for code, sentence in sentences("zh").items() if not han.search(sentence)] == []
    assert [code for code, sentence in sentences("en").items() if han.search(sentence)] == []


def test_every_code_has_a_sentence() -> None:
    known = set(sentences("en"))
    assert [code for code in ROW_CODES if code and code not in known] == []
    literals = codes_of("InputError", "TariffError", "both", "say")
    assert {code: path for code, path in literals.items() if code not in known} == {}


@pytest.mark.parametrize("prefix", FAMILIES)
def test_every_member_of_a_family_has_a_sentence(prefix: str) -> None:
    members = list(FAMILIES[prefix])
    assert members
    assert [member for member in members if prefix + member not in sentences("en")] == []


def test_no_sentence_is_unused() -> None:
    found = texts() | {member for members in FAMILIES.values() for member in members}
    built = {beginning + text for beginning in beginnings() for text in found}
    assert sorted(set(sentences("en")) - found - built) == []


def cases(folder: str) -> list[dict[str, Any]]:
    """All cases of a folder of tests, one or several to a file."""
    loaded = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((TESTS / folder).glob("*.yaml"))]
    assert loaded, folder
    return [case for found in loaded for case in (found if isinstance(found, list) else [found])]


@cache
def refused() -> frozenset[str]:
    """Codes that a broken request, a broken tariff or a worked case produces."""
    found = {case["code"] for folder in ("refusals/rows", "refusals/tables") for case in cases(folder)}
    for case in cases("cases"):
        found.add(case.get("expect", {}).get("refusal"))
        found |= set((case.get("rows", {}).get("row_refusals") or {}).values())
    found |= {case.get("refusal") for case in cases("cases_covers")}
    return frozenset(found)


def test_every_refusal_of_a_row_has_a_case() -> None:
    assert set(WITHOUT_CASE) <= set(ROW_CODES)
    assert sorted(set(ROW_CODES) - {""} - refused() - set(WITHOUT_CASE)) == []
    assert sorted(set(WITHOUT_CASE) & refused()) == [], "it has a case now"


@cache
def named_in_tests() -> frozenset[str]:
    """Every word that stands in a text of a test."""
    words: set[str] = set()
    for path in TESTS.glob("**/test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words |= set(re.findall(r"[a-z0-9_]+", node.value))
    assert len(words) > 1000
    return frozenset(words)


def test_every_error_has_a_case() -> None:
    raised = codes_of("InputError", "TariffError")
    by_program = (
        "service/cli/",
        "service/engines/",
        "service/month/",
        "service/releases/",
        "training/",
    )  # these read files and options; their tests run them
    elsewhere = set(RAISED_ELSEWHERE) | {code for code, path in raised.items() if path.startswith(by_program)}
    outside = {"file_not_found", "claim_revenue_contradicts", "history_after_known"}  # tests/refusals/test_*.py
    provoked = named_in_tests()  # the service's: their tests call it
    elsewhere |= {code for code, path in raised.items() if path.startswith("service/") and code in provoked}
    assert {code: path for code, path in raised.items() if code not in refused() | elsewhere | outside} == {}


# Words of a form that a machine reads, with its own signs.
_OF_A_FORM = ("curve_knots", "audit_head_not_valid")


def test_chinese_sentences_have_chinese_signs() -> None:
    half = re.compile("[\u4e00-\u9fff}] ?[:,;?!](?![/a-z])|[:,;?!] ?[\u4e00-\u9fff]")
    several = {code: str(words) for code, words in sentences("zh").items() if re.search("[\u4e00-\u9fff]", str(words))}
    assert len(several) > 1_000
    assert [code for code, words in several.items() if half.search(words) and code not in _OF_A_FORM] == []
    for page in (*ROOT.glob("service/web/templates/*.html"), ROOT / "service/documents/compare.html"):
        assert re.findall(r"[%}]}[:;,] ?{[{%]", page.read_text(encoding="utf-8").replace("{{ kind }}", "")) == [], page
