"""The six perils of the synthetic book, three of those on the road, three of those at a desk. 六种风险。"""

from __future__ import annotations

import math

from training.claims import DESK, ROAD, Delay, Frequency, Outcome, Peril, Season, Tail

# Cold, rain, heat with their peaks of orders; at the desk the sales of June and November. Each is 1 in the mean.
ROAD_SEASON: Season = (1.1, 1.05, 0.95, 0.92, 0.92, 1.0, 1.07, 1.07, 0.95, 0.92, 1.0, 1.05)
DESK_SEASON: Season = (0.95, 0.9, 0.95, 0.95, 1.0, 1.15, 1.0, 0.95, 1.0, 1.05, 1.2, 0.9)

DEATHS, DISABLED = 0.002, 0.06  # shares of the recognised cases of work injury
_OF_DISABLED = {10: 0.55, 9: 0.22, 8: 0.11, 7: 0.05, 6: 0.025, 5: 0.02, 4: 0.012, 3: 0.007, 2: 0.004, 1: 0.002}
_MEDICAL = {10: 3.0, 9: 4.0, 8: 6.0, 7: 8.0, 6: 10.0, 5: 12.0, 4: 16.0, 3: 18.0, 2: 20.0, 1: 25.0}

_ELASTICITY = "assumption within mileage.elasticity.assumption 0.5-0.8 (B); concave: Boucher, Côté, Guillen 2017 (C/A)"
_AMOUNTS = "assumption in the direction of the pilot's amounts per order, 0.01 / 0.07 / 0.18 yuan: 重庆人社局 (C/A)"
_DEMONSTRATION = "demonstration values of this project, see {}/frequency, severity: {}"

WORK_INJURY = Peril(
    name="work_injury",
    trades=ROAD,
    frequency=Frequency(
        claims_per=None,
        trades={"rider": 1.0, "ride_hailing": 0.4, "freight": 1.2, "courier": 0.7},
        vehicles={"e_bike": 1.0, "motorcycle": 1.4, "bicycle": 0.7, "car": 0.25, "van": 0.5, "truck": 0.6},
        quantity="distance_m",
        quantity_at=1_000_000.0,
        elasticity=0.65,
        night=math.log(1.8),
        season=ROAD_SEASON,
    ),
    outcomes=(
        Outcome("medical", 1 - DEATHS - DISABLED, 1.0),
        *(
            Outcome(f"grade_{grade}", DISABLED * _OF_DISABLED[grade], _MEDICAL[grade], grade)
            for grade in range(10, 0, -1)
        ),
        Outcome("death", DEATHS, 5.0, death=True),
    ),
    tail=Tail(sigma=1.1, pareto=0.05),
    delay=Delay(median_days=12, sigma=1.2, most_days=365, paid_months=8),
    statutory=True,
    sources={
        "frequency.trades": _AMOUNTS,
        "frequency.vehicles": _AMOUNTS,
        "frequency.elasticity": _ELASTICITY,
        "outcomes": "assumption: 2 in 1,000 deadly, 6 in 100 disabled, as the demonstration tariff; police-recorded "
        "accident.shanghai.rider_fatal_share 1.5 % (D) is of heavier cases; a mix of grades was not found",
        "delay.most_days": "wii.recognition.days: a worker files within one year, 工伤保险条例 art. 17 (C/A)",
        "statutory": "工伤保险条例 art. 33-39 by the dated tables of `pricing/rates/benefits` (C/A)",
    },
)

THIRD_PARTY = Peril(
    name="third_party",
    trades=ROAD,
    frequency=Frequency(
        claims_per=("distance_m", 408e-12),
        trades={"rider": 1.0, "ride_hailing": 0.5, "freight": 0.8, "courier": 0.6},
        vehicles={"e_bike": 1.0, "motorcycle": 1.5, "bicycle": 0.5, "car": 1.2, "van": 1.5, "truck": 2.0},
        quantity="distance_m",
        quantity_at=1_000_000.0,
        elasticity=0.7,
        night=math.log(1.6),
        season=ROAD_SEASON,
    ),
    outcomes=(Outcome("property", 0.85, 1_500.0), Outcome("injury", 0.15, 93_580.0)),
    tail=Tail(sigma=1.0, pareto=0.05),
    delay=Delay(median_days=20, sigma=1.2, most_days=730, paid_months=12),
    sources={
        "frequency.claims_per": _DEMONSTRATION.format("third_party", "6.24 yuan per 1,000 km / 15,312 yuan"),
        "frequency.elasticity": _ELASTICITY,
        "outcomes": "assumption with the mean of 15,312 yuan of the demonstration tariff; court awards of over 60,000 "
        "and 260,000 yuan: 朝阳法院 2021-22 (C/B)",
    },
)

CARGO_DAMAGE = Peril(
    name="cargo_damage",
    trades=ROAD,
    frequency=Frequency(
        claims_per=("orders", 400e-6),
        trades={"rider": 1.0, "ride_hailing": 0.1, "freight": 0.7, "courier": 2.5},
        vehicles={"e_bike": 1.0, "motorcycle": 1.1, "bicycle": 0.9, "car": 0.7, "van": 0.8, "truck": 0.9},
        quantity="distance_m",
        quantity_at=1_000_000.0,
        elasticity=0.6,
        night=math.log(1.3),
        season=ROAD_SEASON,
    ),
    outcomes=(Outcome("damage", 0.875, 48.76), Outcome("loss", 0.125, 48.76)),
    tail=Tail(sigma=0.8),
    delay=Delay(median_days=2, sigma=0.8, most_days=60, paid_months=1),
    cost_by_trade={"freight": 12.0},
    sources={
        "trades": "assumption: those who drive; passengers' belongings are few (the demonstration tariff has none)",
        "frequency.elasticity": _ELASTICITY,
        "frequency.claims_per": _DEMONSTRATION.format("cargo_damage", "one order in 2,500"),
        "outcomes": "value of goods per order, Meituan 2021: 702.1 bn / 14.4 bn orders (D); shares: assumption",
    },
)

LUMBAR = Peril(
    name="lumbar",
    trades=DESK,
    frequency=Frequency(
        claims_per=("months", 1_666_666_666e-12),
        trades={"host": 1.0, "promoter": 0.7, "seller": 0.8, "shop_operator": 0.6},
        quantity="worked_min",
        quantity_at=10_000.0,
        elasticity=0.5,
        night=math.log(1.15),
    ),
    outcomes=(Outcome("conservative_treatment", 0.98, 3_550.0), Outcome("surgery", 0.02, 14_200.0)),
    tail=Tail(sigma=0.7),
    delay=Delay(median_days=30, sigma=1.0, most_days=365, paid_months=4),
    sources={
        "frequency.claims_per": _DEMONSTRATION.format("lumbar", "from lbp.incidence.20_59 19.6 % (C/C)"),
        "outcomes": "demonstration tariff, from lumbar.cost.conservative 2,000-8,000 yuan and open_surgery (C/C)",
        "frequency.elasticity": "assumption in the direction of lbp.or.prolonged_sitting 1.42 (C/A)",
    },
)

STRESS = Peril(
    name="stress",
    trades=DESK,
    frequency=Frequency(
        claims_per=("months", 2_200_000_000e-12),
        trades={"host": 1.0, "promoter": 0.8, "seller": 1.1, "shop_operator": 0.7},
        quantity="worked_min",
        quantity_at=10_000.0,
        elasticity=0.3,
        night=math.log(1.5),
        season=DESK_SEASON,
    ),
    outcomes=(Outcome("illness", 1.0, 2_036.4),),
    tail=Tail(sigma=0.9),
    delay=Delay(median_days=45, sigma=1.0, most_days=365, paid_months=6),
    sources={
        "frequency.claims_per": _DEMONSTRATION.format("stress", "from mh.depression_risk 10.6 % (C/C)"),
        "outcomes": "demonstration tariff, from mh.depression.annual_medical_cost, own share 786.40 yuan (C/B)",
    },
)

INCOME_INTERRUPTION = Peril(
    name="income_interruption",
    trades=DESK,
    frequency=Frequency(
        claims_per=("months", 4_166_666_667e-12),
        trades={"host": 1.0, "promoter": 1.2, "seller": 0.6, "shop_operator": 0.4},
        quantity="worked_min",
        quantity_at=10_000.0,
        elasticity=0.0,
        season=DESK_SEASON,
    ),
    outcomes=(Outcome("interruption", 1.0, 3_308.47),),
    tail=Tail(sigma=0.6),
    delay=Delay(median_days=20, sigma=0.8, most_days=365, paid_months=6),
    sources={
        "frequency.claims_per": "assumption of the demonstration tariff: 5 in 100 a year",
        "outcomes": "demonstration tariff: 1.554 months of ui.beijing.benefit 2,129 yuan, 京人社发〔2025〕9号 (C/C)",
    },
)

PERILS: tuple[Peril, ...] = (WORK_INJURY, THIRD_PARTY, CARGO_DAMAGE, LUMBAR, STRESS, INCOME_INTERRUPTION)
