"""The note beside simulated data: that it is synthetic, and what each parameter rests on. 说明：全部为合成数据。"""

from __future__ import annotations

from collections.abc import Iterator

from training import draw
from training.population import ASSUMPTION, TRADES
from training.register import CLASS_FLOATS, HIGH_TIER_SHARE
from training.urns import AGENCIES, REGIONS, STATIONS

_TEXT = """\
# SYNTHETIC 合成数据

**Every row in this folder is synthetic: drawn at random from the parameters below, seed {seed}, month {month}, {rows}
rows. No worker, platform, station or filing entity stands behind any of it, tiers and floats of the register included.
Real platform names are used only to exercise the rules. Draw no conclusion about real people, firms or risk.**

**本目录中的每一行均为合成数据：按下列参数随机生成，随机种子 {seed}，月份 {month}，共 {rows} 行。其中不存在任何真实的
劳动者、平台业务、站点或申报主体，登记表中的档次和浮动费率亦为随机生成。使用真实平台名称仅为检验规则，不得据此对真实的
人员、企业或风险作出任何结论。**

Months are independent of each other; the data are clean, with no errors planted. 各月相互独立；数据不含人为植入的错误。

## Known misfits 已知的不吻合

- The published figures are of different years, platforms and questions and do not agree with each other. At the hours
  mix of 2018, 3.5 orders an hour and 4.74 yuan an order, riders of 22 days and 6 hours earn about half of the
  6,650-9,344 yuan that rider.income_month.high_freq reports for 2024, and fewer than the published 45 % and 40 % pass
  20 orders and 50 km a day. The mean rider's month is about 1,480 yuan, against the 1,984 of 80 bn a year (2023) over
  3.36 m riders a month (2024). 公开数据来自不同年份、平台和口径，彼此并不一致：模拟的高频骑手收入约为公开数的一半，日均
  超过20单、50公里的比例及月均收入（约1480元，公开数折合1984元）也低于公开数。
- Some regions have no published contribution base; rows there cannot be priced by base. 部分地区没有已公布的缴费基数，
  其行无法按基数计价。
- No accident, claim or loss is simulated here; `licheng simulate --workers` draws a book of claims. 此处不模拟事故、
  理赔或损失；理赔数据由 `licheng simulate --workers` 生成。

## Parameters 参数

Hours are per day, days per month, both as (share of workers at or below, value); a spread is the standard deviation of
the logarithm; C is read on a page, D derived from such, the letter after the slash the grade of the page.
小时为每日、天数为每月，均为（累计占比 数值）；spread 为对数标准差；assumption 为假设。

| parameter 参数 | value 数值 | source 依据 |
|---|---|---|
{table}
"""


def note(rows: int, seed: int, month: str) -> str:
    """The note's text, its table made from the parameters themselves."""
    lines = [f"| `{name}` | {value} | {source} |" for name, value, source in _basis()]
    return _TEXT.format(rows=f"{rows:,}", seed=seed, month=month, table="\n".join(lines))


def _basis() -> Iterator[tuple[str, str, str]]:
    for trade in TRADES:
        yield from trade.basis()
    yield "time by platforms, of one, two, three", f"{draw.TIME_BY_PLATFORMS} ± {draw.TIME_SHIFT}", ASSUMPTION
    yield "days on a further platform, share of the worker's", f"{draw.DAYS_FURTHER}", ASSUMPTION
    yield "further rows in the worker's own region", f"{draw.SAME_REGION}", ASSUMPTION
    yield "workers whose days follow their hours", f"{draw.DAYS_FOLLOW_HOURS}", ASSUMPTION
    yield "least minutes of a row", f"{draw.LEAST_MINUTES}", ASSUMPTION
    yield "noise cut at standard deviations", f"{draw.CLIPPED}", ASSUMPTION
    yield (
        "longest sitting, share of a mean day",
        f"{draw.SITTING}",
        "assumption fitted to host.longest_stream_over_10h 17.8 %: BOSS直聘 2019 (C/C)",
    )
    yield "contractors per region", f"{AGENCIES} agencies of {STATIONS} stations", ASSUMPTION
    yield "regions", ", ".join(f"{code} {share:g}" for code, share in REGIONS.items()), ASSUMPTION
    yield "register: share of high tiers", f"{HIGH_TIER_SHARE}", ASSUMPTION
    yield "register: class floats, per cent", "; ".join(f"{p} {r} {pct}" for p, r, pct in CLASS_FLOATS), ASSUMPTION
