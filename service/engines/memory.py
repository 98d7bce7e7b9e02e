"""Memory of a service that shows months: what a page or a download took is given back to the machine.

Arrow's own allocator keeps what it once held for each thread, and so does the C library with an arena per thread; in a
service whose requests run in many threads both grow with every download. So Arrow takes memory from the C library here,
and the C library is told to keep few arenas and to let go of what is free.
"""

from __future__ import annotations

import ctypes
from functools import cache

import pyarrow as pa

_ARENA_MAX, _ARENAS = -8, 2  # M_ARENA_MAX of mallopt


@cache
def lean() -> None:
    """Once, before the first table is read in a process that goes on."""
    pa.set_memory_pool(pa.system_memory_pool())
    library = _library()
    if hasattr(library, "mallopt"):
        library.mallopt(_ARENA_MAX, _ARENAS)


def given_back() -> None:
    """Free memory goes back to the machine, where the C library can do that."""
    library = _library()
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)
