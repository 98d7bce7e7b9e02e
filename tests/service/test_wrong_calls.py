"""A wrong call ends with 2 at every command and says which option is wrong; what cannot be read ends with 3."""

from pathlib import Path

import pytest

from tests.months import run
from tests.refusals.files.case import HEADER, driver
from tests.service.serving import SECRET

Call = tuple[str, ...]
CHECK = ("check", "{usage}", "--month", "2025-08")
SHOW = ("tariff", "show", "2025-08")
KEY = ("key", "create", "--holder", "x")
BENEFIT = ("benefit", "--kind", "disability")
FULL = (*BENEFIT, "--month", "2025-08", "--wage-fen", "500000", "--grade", "7")
QUOTE = ("quote", "--platform", "meituan", "--region", "500000", "--orders", "5")
WRONG = [
    (("check", "{usage}", "--month", "2025-13"), "--month", "request_month"),
    (("levy", "{usage}", "--month", "2099-08", "--out", "{new}"), "--known-on", "month_not_over"),
    ((*CHECK, "--known-on", "x"), "--known-on", "request_date"),
    ((*CHECK, "--schemes", "tax"), "--schemes", "request_value"),
    ((*CHECK, "--covers", "tax"), "--covers", "request_value"),
    ((*CHECK, "--lang", "fr"), "--lang", "request_value"),
    (("verify", "--audit", "--head", "x"), "--head", "audit_head_not_valid"),
    (("simulate", "--out", "{new}"), "--workers", "simulate_usage_only"),
    (("simulate", "--out", "{new}", "--usage-only"), "--month", "simulate_needs"),
    (("simulate", "--out", "{new}", "--usage-only", "--month", "x"), "--month", "request_month"),
    (("compare", "{month}", "--schemes", "a,b"), "--schemes", "request_value"),
    (("compare", "{month}", "--schemes", "pilot_per_order"), "--schemes", "compare_two_schemes"),
    (("compare", "{month}", "{month}", "--scheme", "tax"), "--scheme", "request_value"),
    (("compare", "{month}", "--out", "{new}.txt"), "--out", "compare_page_name"),
    ((*QUOTE, "--month", "2025-13"), "--month", "request_month"),
    ((*QUOTE, "--month", "2025-08", "--known-on", "x"), "--known-on", "request_date"),
    ((*QUOTE, "--month", "2025-08", "--pilot-tier", "middle"), "--pilot-tier", "register_value"),
    ((*FULL, "--region", "x"), "--region", "region_not_known"),
    ((*FULL, "--region", "110000", "--care", "x"), "--care", "request_value"),
    ((*FULL, "--region", "110000", "--known-on", "x"), "--known-on", "request_date"),
    (("benefit", "--kind", "gift", "--month", "2025-08"), "--kind", "request_value"),
    (BENEFIT, "--month", "missing_field"),
    (("schema", "wrong"), "NAME", "request_value"),
    (("tariff", "show", "2025-13"), "MONTH", "request_month"),
    ((*SHOW, "--known-on", "x"), "--known-on", "request_date"),
    ((*SHOW, "--region", "x"), "--region", "region_not_known"),
    ((*SHOW, "--table", "x"), "--table", "request_value"),
    (("tariff", "history", "x"), "TABLE", "request_value"),
    (("tariff", "which", "--month", "x"), "--month", "request_month"),
    (("tariff", "diff"), "", "change_nothing_given"),
    (("tariff", "diff", "--from-month", "x"), "--from-month", "request_month"),
    (("tariff", "diff", "--from-month", "2025-01", "--table", "x"), "--table", "request_value"),
    (("tariff", "export", "--month", "x", "--out", "{new}"), "--month", "request_month"),
    (("tariff", "export", "--month", "2025-08", "--out", "{new}.csv"), "--out", "export_name"),
    ((*KEY, "--role", "god"), "--role", "request_value"),
    ((*KEY, "--role", "insurer"), "--tenant", "key_without_tenant"),
    ((*KEY, "--role", "actuary", "--expires", "soon"), "--expires", "key_expiry"),
    (("key", "rotate", "k_0123456789abcdef", "--overlap", "x"), "--overlap", "key_span"),
    (("worker", "export", "x"), "WORKER", "worker_not_valid"),
    (("worker", "erase", "x"), "WORKER", "worker_not_valid"),
    (("rollback", "--to", "0"), "--by", "person_missing"),
    (("rollback", "--to", "0", "--by", "Li Wei"), "--reason", "rollback_reason_missing"),
    (("train", "plan.yaml", "--out", "{new}", "--from", "x"), "--from", "request_value"),
    (("serve", "--check", "--lang", "fr"), "--lang", "request_value"),
]
UNREADABLE = [
    (("check", "{new}.csv", "--month", "2025-08"), "file_not_found"),
    ((*CHECK, "--platforms", "{new}.csv"), "file_not_found"),
    (("quote", "{new}.json"), "file_not_found"),
    (("quote", "{fr}"), "request_value"),
    (("declare", "{new}.csv"), "file_not_found"),
    (("explain", "{month}", "999"), "no_such_line"),
    (("levy", "{usage}", "--month", "2025-08", "--out", "{month}"), "folder_exists"),
    (("key", "revoke", "k_0123456789abcdef"), "key_unknown"),
    (("store", "restore", "{new}.tar"), "restore_not_empty"),
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A data folder with a store, a file of usage, a month that it made, a request in no language of ours."""
    folder = tmp_path_factory.mktemp("called")
    found = {"home": folder / "home", "usage": folder / "usage.csv", "month": folder / "2025-08", "fr": folder / "q"}
    found["usage"].write_text(HEADER + driver(), encoding="utf-8")
    found["fr"].write_text('{"lang": "fr"}', encoding="utf-8")
    assert run("levy", found["usage"], "--month", "2025-08", "--out", found["month"]).code == 0
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("LICHENG_HOME", str(found["home"]))
        changed.setenv("LICHENG_SECRET", SECRET.decode())
        assert run("key", "create", "--role", "admin", "--holder", "Ops").code == 0
    return found


@pytest.fixture
def called(places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    for name in ("LICHENG_DATABASE_URL", "LICHENG_TARIFF", "LICHENG_KEY", "LICHENG_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LICHENG_HOME", str(places["home"]))
    monkeypatch.setenv("LICHENG_SECRET", SECRET.decode())
    return {**places, "new": tmp_path / "new"}


@pytest.mark.parametrize(
    ("call", "place", "code"), WRONG, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_a_wrong_call_ends_with_2(called: dict[str, Path], call: Call, place: str, code: str) -> None:
    done = run(*(word.format(**called) for word in call))
    assert (done.code, f"[{code}]" in done.err) == (2, True), done.err
    assert done.err.startswith(f"licheng: {place}: " if place else "licheng: "), done.err
    assert list(called["new"].parent.iterdir()) == []


@pytest.mark.parametrize(
    ("call", "code"), UNREADABLE, ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_what_cannot_be_read_ends_with_3(called: dict[str, Path], call: Call, code: str) -> None:
    done = run(*(word.format(**called) for word in call))
    assert (done.code, f"[{code}]" in done.err) == (3, True), done.err
