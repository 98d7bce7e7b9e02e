"""The tree of errors and the list of refusal codes.

    LichengError             catch this one
    ├── InputError           the input cannot be read, or a request is not of the contract's form
    └── TariffError          a rate table is broken, or cannot answer

A row that a scheme does not price is no exception but a *refusal*: a code in an array (see `usage.check`), so that the
rest of the month goes on. Every error and refusal has a code; the sentences stand in `words/`, in both languages.
"""

from __future__ import annotations

from collections.abc import Mapping

from pricing.words import say


class LichengError(Exception):
    """Something a person can mend: `code`, where it is (`place`) and the facts of its sentence (`values`)."""

    def __init__(self, code: str, place: str = "", **values: object) -> None:
        self.code = code
        self.place = place
        self.values: Mapping[str, object] = values
        super().__init__(f"{place}: {self.message('en')}" if place else self.message("en"))

    def message(self, lang: str) -> str:
        """The sentence in `en` or `zh`."""
        return say(self.code, lang, **self.values)


class InputError(LichengError):
    """The input cannot be read."""


class TariffError(LichengError):
    """A rate table is broken or cannot answer."""


# Codes of refused rows, by number: a refusal array holds these numbers. 0 is "not refused". New codes only at the end.
ROW_CODES: tuple[str, ...] = (
    "",
    # the key of a row
    "month_not_valid",
    "month_differs",
    "worker_not_valid",
    "platform_not_valid",
    "contractor_not_valid",
    "region_not_known",
    "occupation_not_known",
    "conflicting_rows",
    "duplicate",
    # a cell
    "value_missing",
    "value_negative",
    "value_not_whole",
    "value_not_a_number",
    "value_too_large",
    "vehicle_not_known",
    "vehicle_missing",
    "employment_not_known",
    "employment_missing",
    "industry_not_known",
    "risk_class_not_known",
    "orders_missing",
    "income_missing",
    "heads_missing",
    "distance_missing",
    "active_days_contradict",
    # the scope of a scheme
    "month_before_first_entry",
    "industry_not_in_scope",
    "province_not_in_scope",
    "scope_not_established",
    "platform_not_in_scope",
    "no_employer",
    "occupation_not_in_scope",
    # the tables
    "rate_tier_not_assigned",
    "float_not_in_force",
    "float_not_a_step",
    "float_above_limit",
    "rate_not_known",
    "contribution_base_not_known",
    "average_wage_not_known",
    # a levy
    "status_not_levied",
    # covers: who is insured, on which options, with what history
    "not_enrolled",
    "option_missing",
    "option_not_priced",
    "enrolment_months",
    "enrolment_overlaps",
    "enrolment_raised",
    "group_figures",
    "participation_too_low",
    "outside_enrolment_window",
    "benefit_limit_not_known",
    "history_missing",
    "history_too_short",
    "history_month",
    "history_amount",
    "history_gap",
    "history_out_of_order",
    "history_twice",
    "history_mean_zero",
    "revenue_falling",
    "first_month_not_valid",
    "first_month_later",
    "group_too_small",
    "group_contradicts",
    "enrolment_taken_back",
)
CODE: Mapping[str, int] = {name: number for number, name in enumerate(ROW_CODES)}

# A row refused with one of these is outside the scheme: nothing is due under it.
OUT_OF_SCOPE = frozenset(
    CODE[name]
    for name in (
        "month_before_first_entry",
        "industry_not_in_scope",
        "province_not_in_scope",
        "scope_not_established",
        "platform_not_in_scope",
        "no_employer",
        "occupation_not_in_scope",
        "not_enrolled",
    )
)
