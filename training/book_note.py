"""The note beside a synthetic book: that it is synthetic, its totals against the facts, what parameters rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from training import book_months, claims_benefit
from training.book_months import OF_TRADE
from training.claims import EXPOSED, EXPOSURE, ROAD, TARGET_SOURCES, VEHICLES, shown
from training.claims_perils import PERILS

_TEXT = """\
# SYNTHETIC 合成数据

**Every row in this folder is synthetic: drawn at random from the parameters below, seed {seed}, {workers} workers,
{months} months from {first_month}. No worker, accident, illness or claim stands behind any of it. Draw no conclusion
about real people, firms or risk.**

**本目录中的每一行均为合成数据：按下列参数随机生成，随机种子 {seed}，{workers} 名劳动者，
自 {first_month} 起 {months} 个月。其中不存在任何真实的劳动者、事故、疾病或理赔，
不得据此对真实的人员、企业或风险作出任何结论。**

- `exposure.parquet` (riders, drivers, couriers), `exposure_desk.parquet` (hosts, promoters, sellers, shop operators):
  one row per worker and month, exposure `insured_months`. `<peril>_claims`, `<peril>_fen`: what occurred in the month,
  at its ultimate cost; `<peril>_reported`, `<peril>_paid_fen`: what of it is known and paid at the end of the last
  month. Fit on the first two; the last two are what an insurer would see, late claims missing.
- `claims.parquet`: one row per claim, with the months of occurrence and of report (which may be after the last month).
- `TRUTH.json`: every parameter, to compare a fit with. `plan.yaml`, `plan_desk.yaml`: plans for `licheng train`;
  claims are as rare as in the facts, so that a fit of every peril needs about 150,000 worker-months or more.
- 每名劳动者每月一行（exposure.parquet 为骑手、司机、快递员，exposure_desk.parquet 为主播、推广者、卖家、店铺运营），
  每件理赔一行（claims.parquet）；`_claims`、`_fen` 为当月发生的件数与最终赔款，
  `_reported`、`_paid_fen` 为观察期末已报案件数与已付赔款；TRUTH.json 为全部真值；
  plan*.yaml 可直接训练，各风险出险稀少，约需十五万人月以上。

## How a claim comes about 理赔如何产生

Claims of a month are Poisson with mean: insured months × base × relativities (trade, vehicle, monthly quantity, night
share, calendar month) × the worker's own frailty. The relativity of a quantity is (quantity / where it is 1) to the
power of its elasticity: rising, concave. Base frequencies and the scale of medical cost are solved for, so that the two
facts below are met by the expectation; what comes out of one book is chance, heavy tailed.
每月件数服从泊松分布，均值为：参保月数 × 基准频率 × 各相对系数 × 劳动者个体因子；
基准频率与医疗费用尺度由下列两项事实反解。

| | fact 事实 | expected here 期望 | drawn here 实际抽取 | source 依据 |
|---|---|---|---|---|
{targets}

| peril 风险 | insured months 参保月 | expected claims 期望件数 | expected yuan 期望赔款 | claims 件数 | yuan 赔款 \
| reported 已报 | paid yuan 已付 |
|---|---|---|---|---|---|---|---|
{book}

## Known misfits 已知的不吻合

- Every worker works and is insured in every month: none joins or leaves, not even after a claim for death. Own wages
  are those of the simulated months; most riders are below the floor of 60 % of the local average wage, where benefits
  start. 无人进出；多数骑手工资低于待遇下限。
- Benefits are those of one month's law and of the regions whose average wage the tables know; subsidies on leaving of
  grades 5-10 are set by provinces, were not collected and are not in it. 五至十级一次性医疗补助金未计入。
- Both facts are of all recognised cases on a paid basis, mixed over three industries; here they are met at ultimate
  cost. 两项事实均为已付口径、三个行业合并；此处按最终赔款满足。
- Region has no effect on frequency; platforms do not appear. 地区不影响频率，不区分平台。

## Parameters 参数

`frequency.claims_per`: claims per unit of a total; `frequency.night`: logarithm of the relativity of night work only;
costs of `work_injury` in the scale of medical cost, of others in yuan; a tail is of mean 1, `pareto` the share of
Pareto tails; delays in days and months. C is read on a page, D derived from such, B from memory, the letter after the
slash the grade of the page; what has no source is an assumption. 无来源者均为假设（assumption）。

| parameter 参数 | value 数值 | source 依据 |
|---|---|---|
{table}
"""


# Of a trade's parameters, those that worker-months are drawn from.
_USED = ("share", "hours", "days", "night")
_ON_ROAD = (
    *("vehicles", "yuan_per_unit", "pay_spread"),
    *("orders_per_hour", "orders_spread", "km_per_order", "km_spread"),
)


def book_note(known: Mapping[str, Any]) -> str:
    """The note's text from the content of TRUTH.json, its table from the parameters themselves."""
    lines = [f"| `{name}` | {value} | {source} |" for name, value, source in _basis(known)]
    return _TEXT.format(
        seed=known["seed"],
        workers=f"{known['workers']:,}",
        months=known["months"],
        first_month=known["first_month"],
        targets="\n".join(_target(name, one) for name, one in known["totals"].items()),
        book="\n".join(_of_peril(name, one) for name, one in known["book"].items()),
        table="\n".join(lines),
    )


def _target(name: str, one: Mapping[str, Any]) -> str:
    numbers = [f"{one[key]:,.6g}" if one[key] is not None else "–" for key in ("fact", "expected", "drawn")]
    return f"| `{name}` | {' | '.join(numbers)} | {one['source']} |"


def _of_peril(name: str, one: Mapping[str, float]) -> str:
    numbers = " | ".join(f"{value:,.0f}" for value in one.values())
    return f"| {name} | {numbers} |"


def _basis(known: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """All parameters as (parameter, value, source), solved ones first."""
    for name, one in known["perils"].items():
        asked = one["solved_for"]
        rests = TARGET_SOURCES.get(str(asked)) or f"for {asked[1]:g} claims per unit of {asked[0]}"
        yield f"{name}: base claims per insured month", f"{one['base_claims_per_month']:.6g}", f"solved: {rests}"
        if one["statutory"]:
            yield (
                f"{name}: scale of medical cost, yuan",
                f"{one['cost_unit_yuan']:.6g}",
                (f"solved: {TARGET_SOURCES['cost_per_case_yuan']}"),
            )
    for name, trades in EXPOSED.items():
        yield f"{EXPOSURE}, 1 a month, in {name}", ", ".join(trades), "the project's own covers"
    for peril in PERILS:
        yield from peril.basis()
    yield from claims_benefit.basis()
    yield "benefits: regions", shown(known["benefits"]["regions"]), "assumption; where the average wage is known"
    yield from book_months.basis()
    for trade in OF_TRADE:
        used = {*_USED, *(_ON_ROAD if trade.name in ROAD else ())} - {"vehicles" if trade.name in VEHICLES else ""}
        yield from (line for line in trade.basis() if line[0].removeprefix(f"{trade.name}.") in used)
