"""The end of the first look: a demonstration served on this machine, in a process that holds nothing of the months."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from service.cli.serve import refuse, run
from service.operations.checks import checked
from service.settings import language

_SERVED_WITH = ("LICHENG_LANG", "LICHENG_PORT", "LICHENG_TARIFF")


def become(home: Path) -> None:
    """Go on as the service, in the same process; it does not come back. home: a data folder of its own."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "service.cli.first_served", str(home)])


def main() -> None:
    """Serve on loopback with a store and a secret of its own, whatever else is set, until Ctrl-C."""
    environ = {name: os.environ[name] for name in _SERVED_WITH if name in os.environ}
    found = checked(environ, {"demo": True, "home": Path(sys.argv[1])}, starting=True)
    if found.wrong:
        refuse(found, language())
    print()
    run(found, language(), trial=True)


if __name__ == "__main__":
    main()
