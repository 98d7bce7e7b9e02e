"""Run the benchmarks: `python -m benchmarks [NAME…]`: one command kernel month glm score http inference portfolios."""

from __future__ import annotations

import os
import sys

# One thread per library, so that a figure "per core" is one.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def main() -> None:
    """Print the machine, then the lines of each benchmark asked for."""
    from benchmarks import command, glm, http, inference, kernel, month, one, portfolios, score
    from benchmarks.machine import describe

    known = {"one": one.run, "command": command.run, "kernel": kernel.run, "month": month.run, "glm": glm.run}
    known |= {"score": score.run, "http": http.run, "inference": inference.run}
    asked = sys.argv[1:] or list(known)
    known["portfolios"] = lambda: portfolios.run(list(portfolios.PORTFOLIOS))  # half an hour: only when asked for
    print(describe())
    for name in asked:
        for line in known[name]():
            print(line, flush=True)


main()
