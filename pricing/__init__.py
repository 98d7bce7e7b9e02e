"""The law and the arithmetic: pure, whole numbers, no clock, no network."""

from pricing.edition import Edition
from pricing.errors import InputError, LichengError, TariffError
from pricing.register import read_register
from pricing.settle import Settlement, settle
from pricing.tariff import Tariff
from pricing.units import month_text, parse_month
from pricing.usage import Usage

__all__ = [
    "Edition",
    "InputError",
    "LichengError",
    "Settlement",
    "Tariff",
    "TariffError",
    "Usage",
    "month_text",
    "parse_month",
    "read_register",
    "settle",
]
