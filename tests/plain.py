"""The shipped tariff without the entries of the reference: what tests add their own entries of 2026-12 to."""

from pathlib import Path
from tempfile import TemporaryDirectory

from pricing.tariff import SHIPPED
from training.reference.stripped import write_without

_MADE = TemporaryDirectory(prefix="licheng-plain-")  # removed when the tests end
PLAIN = write_without(SHIPPED, Path(_MADE.name) / "tariff")
