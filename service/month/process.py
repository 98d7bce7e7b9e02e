"""A process of the service's own beside it: how it is started, and how little of the machine it may take."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import service

_ROOT = Path(service.__file__).parents[1]


def command(module: str, *words: str) -> list[str]:
    """The command of a module of ours, run by this Python."""
    return [sys.executable, "-P", "-m", module, *words]


def surroundings() -> Mapping[str, str]:
    """Its environment: this one, in which this tree's packages are found."""
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    return {**os.environ, "PYTHONPATH": path}


def modest(most_memory: int) -> None:
    """Inside it: kinder to the machine than the service, and the first to go without memory. most_memory: [bytes]"""
    os.nice(5)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (most_memory, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
