"""Fitted perils on disk, without pickle: only the kinds that a fit is made of are read back.

The only file of this room that knows skops, which writes no mapping whose keys are tuples: those go as two lists.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from skops import io

from pricing.errors import InputError
from training.fit import Fitted

# What may stand in the file beside numpy arrays and plain values: our own kinds and no others.
_OURS = ("models.", "training.fit.", "training.kept.")


@dataclass(frozen=True, slots=True, eq=False)
class Keyed:
    """A mapping whose keys are tuples, as two lists."""

    keys: list[Any]
    values: list[Any]


def keep(fitted: Mapping[str, Fitted], path: Path) -> None:
    """Write the perils of a run."""
    io.dump({name: _through(one, _listed) for name, one in fitted.items()}, path)


def kept(path: Path) -> dict[str, Fitted]:
    """Perils as `keep` wrote them; InputError where the file holds a kind that no fit is made of."""
    found = io.get_untrusted_types(file=path)
    strange = [kind for kind in found if not kind.startswith(_OURS)]
    if strange:
        raise InputError("fitted_not_ours", str(path), kinds=", ".join(strange))
    return {name: _through(one, _mapped) for name, one in io.load(path, trusted=found).items()}


def _listed(value: Any) -> Any:
    if isinstance(value, dict) and any(isinstance(key, tuple) for key in value):
        return Keyed(list(value), list(value.values()))
    return value


def _mapped(value: Any) -> Any:
    return dict(zip(value.keys, value.values, strict=True)) if isinstance(value, Keyed) else value


def _through(value: Any, turned: Callable[[Any], Any]) -> Any:
    """A value with everything in it turned, from the inside out: dataclasses, mappings, sequences, estimators."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = {one.name: _through(getattr(value, one.name), turned) for one in fields(value)}
        return turned(replace(value, **inner))
    if isinstance(value, dict):
        return turned({key: _through(one, turned) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return type(value)(_through(one, turned) for one in value)
    if type(value).__module__.startswith("models."):
        own = copy.copy(value)
        own.__dict__.update({name: _through(one, turned) for name, one in vars(value).items()})
        return own
    return value
