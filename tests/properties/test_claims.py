"""Laws of claims: limits hold, more loss never pays less, proof changes no amount, an event stays in its limit."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.tariff import Tariff
from service.claims.claim import claim
from tests.claims import CLAIMS, TODAY, claim_of

TARIFF = Tariff.load()
Json = dict[str, Any]
EVENT_LIMIT = 1_000_000_000
LOSSES = st.integers(0, 100_000_000)
INDEMNITIES = st.sampled_from(["lumbar", "stress", "third_party", "cargo_damage"])
LIMITS = {"lumbar": 2_000_000, "stress": 1_000_000, "third_party": 20_000_000, "cargo_damage": 100_000}
PROOFS = st.sampled_from([(cover, tuple(CLAIMS[cover]["proofs"])[:count]) for cover in CLAIMS for count in range(1, 5)])


def answer_of(cover: str, changes: Json) -> Json:
    return claim(claim_of(cover, changes), TARIFF, TODAY)


def month_of(cover: str, day: int, days: int, share: int) -> Json:
    """An interruption from a day of October on, claimed for November."""
    options = {"elimination_days": days, "replaced_ppm": share}
    return {"event": {"date": f"2025-10-{day:02d}"}, "enrolment": {cover: options}}


@settings(max_examples=60, deadline=None)
@given(INDEMNITIES, LOSSES, st.lists(st.integers(0, 3_000_000), max_size=3), st.integers(0, 1_000_000))
def test_no_benefit_above_its_limits(cover: str, loss: int, paid: list[int], declared: int) -> None:
    name = CLAIMS[cover]["event"].get("id")
    event = {"event": name} if name else {}
    earlier = [{"month": "2025-10", "paid_fen": one, **event} for one in paid]
    goods = {"goods": {"declared_value_fen": declared}} if cover == "cargo_damage" else {}
    answer = answer_of(cover, {"loss_fen": loss, "earlier_claims": earlier, **goods})
    whole = min(loss, LIMITS[cover], declared if goods else loss)
    assert answer["benefit_fen"] == max(whole - sum(paid), 0)
    assert answer["benefit_fen"] + sum(paid) <= max(LIMITS[cover], sum(paid))


@settings(max_examples=60, deadline=None)
@given(INDEMNITIES, LOSSES, LOSSES)
def test_a_claim_never_falls_as_the_loss_grows(cover: str, one: int, other: int) -> None:
    less, more = (answer_of(cover, {"loss_fen": loss})["benefit_fen"] for loss in sorted((one, other)))
    assert less <= more


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 500_000), st.integers(1, 31), st.sampled_from([14, 30]), st.sampled_from([300_000, 500_000]))
def test_income_never_passes_the_local_benefit(revenue: int, day: int, days: int, share: int) -> None:
    answer = answer_of(
        "income_interruption", {"revenue_fen": revenue} | month_of("income_interruption", day, days, share)
    )
    assert answer["decision"] == "paid" or answer["refusal"]["code"] == "claim_within_elimination"
    assert answer["benefit_fen"] <= 212_900
    whole = answer_of("income_interruption", month_of("income_interruption", 1, 14, share))["benefit_fen"]
    assert answer["benefit_fen"] <= whole


@settings(max_examples=40, deadline=None)
@given(PROOFS)
def test_an_open_claim_is_paid_the_same_once_it_is_proved(case: tuple[str, tuple[str, ...]]) -> None:
    cover, missing = case
    found = answer_of(cover, {"proofs": dict.fromkeys(missing)})
    assert found["decision"] == "open"
    given_now = {group["any_of"][-1]: True for group in found["to_prove"]}
    assert len(given_now) == len(missing)
    proved = answer_of(cover, {"proofs": {**dict.fromkeys(missing), **given_now}})
    assert (proved["decision"], proved["benefit_fen"]) == ("paid", found["benefit_fen"])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 31), st.sampled_from([300_000, 500_000])), min_size=1, max_size=4),
    st.integers(1, 100_000),
)
def test_the_claims_of_an_event_never_pass_its_limit(claims: list[tuple[int, int]], crowd: int) -> None:
    """`crowd` people each claim all of `claims`, so that together they may come to more than the limit."""
    changes = [month_of("income_interruption", day, 14, share) for day, share in claims]
    alone = [answer_of("income_interruption", change)["benefit_fen"] for change in changes]
    total = {"accumulation": {"claimed_fen": sum(alone) * crowd}}
    together = [answer_of("income_interruption", {**change, **total})["benefit_fen"] for change in changes]
    assert sum(together) * crowd <= EVENT_LIMIT
    assert all(part <= whole for part, whole in zip(together, alone, strict=True))
    if sum(alone) * crowd <= EVENT_LIMIT:
        assert together == alone
