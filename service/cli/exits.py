"""Exit codes of the command line, and which of them an error ends with."""

from __future__ import annotations

from pricing.errors import InputError, LichengError, TariffError
from service.cli.options import WrongCall

EXIT_REFUSED, EXIT_CALL, EXIT_INPUT, EXIT_TARIFF, EXIT_DISAGREE, EXIT_BUG, EXIT_INTERRUPTED = 1, 2, 3, 4, 5, 70, 130


def exit_code(error: LichengError) -> int:
    """2 where the call itself is to be mended, 3 where what it names cannot be read: a file, or the store."""
    if error.code == "totals_disagree":
        return EXIT_DISAGREE
    if isinstance(error, TariffError):
        return EXIT_TARIFF
    wrong_call = isinstance(error, WrongCall) or (isinstance(error, InputError) and error.place.startswith("--"))
    return EXIT_CALL if wrong_call else EXIT_INPUT
