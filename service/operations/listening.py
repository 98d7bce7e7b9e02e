"""The socket that a service listens on: taken for good at the start, only tried where it is checked."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace

from pricing.errors import InputError
from service.serving import Serving

BACKLOG = 2_048


def bound(serving: Serving, else_any: bool = False) -> socket.socket:
    """The socket to listen on; InputError where the address is taken, or is not this machine's.

    else_any: take a free port where the one asked for is taken.
    """
    opened = _at_address(serving)
    try:
        opened.bind((serving.host, serving.port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE and else_any:
            return bound(replace(serving, port=0))
        raise _refused(serving, error) from None
    opened.setblocking(False)
    return opened


def check_free(serving: Serving) -> None:
    """InputError where `bound` would be refused now. Nothing listens meanwhile, so nobody can connect."""
    with _at_address(serving) as tried:
        try:
            tried.bind((serving.host, serving.port))
        except OSError as error:
            raise _refused(serving, error) from None


def address_of(opened: socket.socket) -> str:
    """Where a bound socket is reached."""
    host, port = opened.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _at_address(serving: Serving) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in serving.host else socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return opened


def _refused(serving: Serving, error: OSError) -> InputError:
    code = "port_in_use" if error.errno == errno.EADDRINUSE else "address_not_bound"
    reason = error.strerror or str(error)
    return InputError(code, "LICHENG_PORT", host=serving.host, port=serving.port, reason=reason)
