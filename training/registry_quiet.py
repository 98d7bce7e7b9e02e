"""Silence of the record keeper: what MLflow, its database or its migrations say of themselves reaches no terminal."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("mlflow", "alembic", "sqlalchemy", "urllib3")
_WARNERS = r"(mlflow|alembic|sqlalchemy)\b"


@contextmanager
def no_warnings() -> Iterator[None]:
    """Drop the warnings of these libraries; those of all others pass."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=_WARNERS)
        yield


@contextmanager
def no_lines() -> Iterator[None]:
    """Drop the log lines of these libraries, which set their levels when they are imported."""
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
