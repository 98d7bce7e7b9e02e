"""What a correction prints: each figure says whether it is a difference or of the month as it is now."""

import re
from pathlib import Path

import pytest

from tests.months import run, settle, write_csv

ROW = {
    "month": "2025-08",
    "worker": "w_4KQ7ZB2M",
    "platform": "didi",
    "region": "110000",
    "occupation": "ride_hailing_driver",
    "orders": 100,
}
ASKED = ("--month", "2025-08", "--known-on", "2025-11-30", "--schemes", "pilot_per_order")
# 100 orders at 0.01 yuan were charged; 130 are right. 130 orders expect 1.3 times the claims of 100.
DIFFERENCE = {
    "en": ("difference paid by: platform 0.30", "Difference, yuan"),
    "zh": ("（差额付费方）：平台 0.30", "差额（元）"),
}
NOW = {"en": "month as it is now: expected cost", "zh": "（该月现状）：预期赔付成本"}
FIRST = {"en": ("paid by: platform 1.00", "Levy, yuan"), "zh": ("（付费方）：平台 1.00", "缴费（元）")}


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_figures_of_a_correction_are_told_apart(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    first, late = (write_csv(tmp_path / f"{n}.csv", [{**ROW, "orders": n}]) for n in (100, 130))
    settled = plain(run("levy", first, *ASKED, "--out", tmp_path / "first", "--lang", lang).out)
    corrected = plain(
        run("levy", late, *ASKED, "--previous", tmp_path / "first", "--out", tmp_path / "late", "--lang", lang).out
    )
    whole = settle(late, tmp_path / "whole", *ASKED)["schemes"]["pilot_per_order"]["technical"]["cost_millifen"]
    shown = f"{whole / 100_000:.5f}".rstrip("0")
    assert all(words in settled for words in FIRST[lang])
    assert not any(words in settled for words in (*DIFFERENCE[lang], NOW[lang], str(tmp_path / "first") + " 的更正"))
    assert all(words in corrected for words in (*DIFFERENCE[lang], f"{NOW[lang]} {shown}"))
    assert not any(words in corrected for words in FIRST[lang])
    assert str(tmp_path / "first") in corrected
