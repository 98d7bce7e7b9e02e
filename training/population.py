"""The simulated population: who works how much for whom, and what each figure rests on.

A figure with no entry under `sources` is an assumption. Quotations are `key of the facts: publisher (confidence)`;
C is read on a page, D derived from such, the letter after it the grade of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields

Knots = tuple[tuple[float, float], ...]  # (share of workers at or below, value), straight lines between

ASSUMPTION = "assumption"
ALONE = {"none": 1.0}


@dataclass(frozen=True, slots=True)
class Trade:
    """Workers of one kind. A unit of pay is an order, or an hour where `orders_per_hour` is 0; 0 means: no such column.

    platforms: shares that work for one, two and three platforms; jobs: (occupation, platform, weight);
    spreads: standard deviation of the logarithm; night, live: least and greatest share of the worked minutes.
    """

    name: str
    share: float
    platforms: tuple[float, float, float]
    jobs: tuple[tuple[str, str, float], ...]
    hours: Knots
    days: Knots
    yuan_per_unit: float
    pay_spread: float
    night: tuple[float, float]
    vehicles: Mapping[str, float] = field(default_factory=lambda: ALONE)
    employment: Mapping[str, float] = field(default_factory=lambda: ALONE)
    industry: str = ""
    contractor_share: float = 0.0
    orders_per_hour: float = 0.0
    orders_spread: float = 0.0
    km_per_order: float = 0.0
    km_spread: float = 0.0
    goods_yuan_per_order: float = 0.0
    live: tuple[float, float] | None = None
    months_since_start: Knots = ()
    income: bool = True
    revenue: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)

    def basis(self) -> Iterator[tuple[str, str, str]]:
        """Each figure in use as (parameter, value, source)."""
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name not in ("name", "sources", "income", "revenue") and value not in (0.0, None, "", ()):
                yield f"{self.name}.{part.name}", _text(value), self.sources.get(part.name, ASSUMPTION)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    if isinstance(value, tuple):
        inner = [" ".join(map(_text, part)) if isinstance(part, tuple) else _text(part) for part in value]
        return "; ".join(inner)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _jobs(occupation: str, **platforms: float) -> tuple[tuple[str, str, float], ...]:
    return tuple((occupation, platform, weight) for platform, weight in platforms.items())


FULL_TIME: Knots = ((0.0, 4), (0.2, 18), (0.9, 28), (1.0, 31))
LONG_IN_TRADE: Knots = ((0.0, 0), (0.1878, 11.5), (0.4479, 35.5), (1.0, 150))

TRADES = (
    Trade(
        name="rider",
        share=0.62,
        platforms=(0.78, 0.18, 0.04),
        jobs=_jobs("food_rider", meituan=0.46, eleme=0.23)
        + _jobs("instant_rider", dada=0.1, sf_intracity=0.1, shansong=0.07, uu=0.04),
        hours=((0.0, 1), (0.52, 4), (0.91, 8), (1.0, 13)),
        days=((0.0, 1), (0.16, 8), (0.76, 22), (1.0, 31)),
        yuan_per_unit=4.74,
        pay_spread=0.15,
        night=(0.08, 0.26),
        vehicles={"e_bike": 0.955, "motorcycle": 0.04, "bicycle": 0.005},
        contractor_share=0.5,
        orders_per_hour=3.5,
        orders_spread=0.13,
        km_per_order=2.7,
        km_spread=0.2,
        goods_yuan_per_order=48.76,
        sources={
            "hours": "rider.hours_day_mix: 美团研究院 2019-01-17 (C/C); the ends 1 h and 13 h: "
            "rider.orders_day.fulltime_heavy, 财新 2023-09-09 (C/B), and assumption",
            "days": "assumption fitted to rider.share_days_under_30, rider.share_days_over_260 and "
            "rider.active_monthly.meituan: 21世纪经济报道 2024-09-19, 海报新闻 2025-03-24 (C/B)",
            "yuan_per_unit": "platform.meituan.rider_cost_per_order: 68.2 bn / 14.4 bn orders, 2021 (D)",
            "goods_yuan_per_order": "Meituan 2021: 702.1 bn / 14.4 bn orders (D)",
            "orders_per_hour": "assumption between rider.share_over_20_orders_day (C/C) and "
            "rider.orders_day.fulltime_heavy, 50-60 in 13-14 h (C/B)",
            "km_per_order": "assumption from rider.radius_km 2.39: Zhang & Liu (C/B), with the way to the pick-up",
        },
    ),
    Trade(
        name="ride_hailing",
        share=0.14,
        platforms=(0.8, 0.17, 0.03),
        jobs=_jobs("ride_hailing_driver", didi=0.76, t3=0.13, caocao=0.11),
        hours=((0.0, 1), (0.3, 5), (0.8, 10), (1.0, 14)),
        days=((0.0, 1), (0.3, 14), (0.8, 26), (1.0, 31)),
        yuan_per_unit=22.0,
        pay_spread=0.2,
        night=(0.08, 0.3),
        vehicles={"car": 1.0},
        orders_per_hour=1.8,
        orders_spread=0.15,
        km_per_order=8.5,
        km_spread=0.2,
    ),
    Trade(
        name="freight",
        share=0.06,
        platforms=(0.78, 0.18, 0.04),
        jobs=_jobs("freight_driver", huolala=0.52, manbang=0.2, didi_freight=0.15, kuaigou=0.13),
        hours=((0.0, 2), (0.3, 5), (0.85, 10), (1.0, 13)),
        days=((0.0, 1), (0.4, 14), (0.85, 25), (1.0, 31)),
        yuan_per_unit=58.0,
        pay_spread=0.3,
        night=(0.02, 0.16),
        vehicles={"van": 0.75, "truck": 0.25},
        orders_per_hour=0.6,
        orders_spread=0.2,
        km_per_order=10.0,
        km_spread=0.35,
        goods_yuan_per_order=3000.0,
    ),
    Trade(
        name="courier",
        share=0.06,
        platforms=(1.0, 0.0, 0.0),
        jobs=_jobs("parcel_courier", acme_express=0.5, baiyun_express=0.3, changhe_express=0.2),
        hours=((0.0, 8), (0.31, 10), (0.786, 12), (1.0, 14)),
        days=FULL_TIME,
        yuan_per_unit=2.0,
        pay_spread=0.15,
        night=(0.0, 0.08),
        vehicles={"e_bike": 0.7, "van": 0.3},
        employment={"none": 0.45, "employee": 0.35, "dispatched": 0.2},
        industry="邮政业",
        orders_per_hour=8.7,
        orders_spread=0.7,
        km_per_order=0.45,
        km_spread=0.2,
        sources={
            "hours": "courier.hours_day_mix: 社科院, 中国青年报 2019-02-26 (C/C)",
            "orders_per_hour": "assumption fitted to courier.parcels_day_mix: 社科院, 中国青年报 2019-02-26 (C/C)",
            "orders_spread": "assumption fitted to courier.parcels_day_mix (C/C)",
            "industry": "the statutory division of couriers: facts, section 2 (C)",
        },
    ),
    Trade(
        name="host",
        share=0.06,
        platforms=(0.85, 0.13, 0.02),
        jobs=_jobs("host", douyin=0.5, kuaishou=0.28, taobao=0.22),
        hours=((0.0, 1), (0.45, 8), (0.85, 12), (1.0, 14)),
        days=FULL_TIME,
        yuan_per_unit=58.0,
        pay_spread=1.0,
        night=(0.1, 0.4),
        live=(0.45, 0.75),
        months_since_start=((0.0, 0), (0.582, 11.5), (1.0, 72)),
        revenue=True,
        sources={
            "hours": "host.work_8_12h, nearly 40 %: BOSS直聘 2019 (C/C)",
            "yuan_per_unit": "assumption fitted to host.income.mean 10,570 yuan a month: BOSS直聘 2019 (C/C)",
            "pay_spread": "assumption fitted to host.income.share_below_10000: BOSS直聘 2019 (C/C)",
            "live": "assumption from host.stream_hours.le_6h, nearly 60 %: BOSS直聘 2020-11-09 (C/C)",
            "months_since_start": "host.tenure_under_1y 58.2 %: BOSS直聘 2020-11-09 (C/C)",
        },
    ),
    Trade(
        name="promoter",
        share=0.02,
        platforms=(0.85, 0.13, 0.02),
        jobs=_jobs("promoter", douyin=0.5, kuaishou=0.28, taobao=0.22),
        hours=((0.0, 0.5), (0.6, 4), (1.0, 10)),
        days=((0.0, 1), (0.5, 14), (1.0, 31)),
        yuan_per_unit=22.0,
        pay_spread=0.7,
        night=(0.05, 0.25),
        live=(0.0, 0.2),
        months_since_start=((0.0, 0), (0.6, 11.5), (1.0, 60)),
        revenue=True,
    ),
    Trade(
        name="seller",
        share=0.02,
        platforms=(0.8, 0.16, 0.04),
        jobs=_jobs("seller", taobao=0.55, douyin=0.3, kuaishou=0.15),
        hours=((0.0, 1), (0.4, 6), (0.9, 11), (1.0, 14)),
        days=FULL_TIME,
        yuan_per_unit=240.0,
        pay_spread=0.9,
        night=(0.02, 0.2),
        live=(0.05, 0.35),
        months_since_start=LONG_IN_TRADE,
        income=False,
        revenue=True,
        sources={
            "yuan_per_unit": "assumption: turnover between seller.hangzhou 405,200 a year (2025) and "
            "seller.quarterly_turnover 147,000 a quarter, 北大/蚂蚁 2023Q4 (C/C)",
            "months_since_start": "seller.hangzhou.mean_age: 18.78 % below 1 year, 26.01 % 1-3 years (C/C)",
        },
    ),
    Trade(
        name="shop_operator",
        share=0.01,
        platforms=(1.0, 0.0, 0.0),
        jobs=_jobs("shop_operator", taobao=0.6, douyin=0.4),
        hours=((0.0, 4), (0.6, 9), (1.0, 12)),
        days=FULL_TIME,
        yuan_per_unit=32.0,
        pay_spread=0.3,
        night=(0.0, 0.1),
        live=(0.0, 0.1),
        months_since_start=LONG_IN_TRADE,
    ),
    Trade(
        name="task_worker",
        share=0.01,
        platforms=(1.0, 0.0, 0.0),
        jobs=_jobs("task_worker", acme_tasks=1.0),
        hours=((0.0, 0.5), (0.6, 3), (1.0, 9)),
        days=((0.0, 1), (0.5, 12), (1.0, 31)),
        yuan_per_unit=3.0,
        pay_spread=0.3,
        night=(0.05, 0.3),
        orders_per_hour=6.0,
        orders_spread=0.3,
        live=(0.0, 0.0),
        months_since_start=((0.0, 0), (0.6, 11.5), (1.0, 60)),
    ),
)
