"""`licheng`, and `python -m service.cli`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """The command line. Whoever stops it, also while it is being loaded, sees no traceback."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from service.cli.main import main as command_line

    signal.signal(signal.SIGINT, before)
    try:
        command_line()
    except KeyboardInterrupt:  # a command that has something to say of it has said it
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
