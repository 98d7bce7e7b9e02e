"""How fast the load itself can be: a socket that answers every request with the same bytes and reads nothing of it.

`python -m benchmarks.http_ceiling BYTES`.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

_HEAD = b"\r\n\r\n"


class Fixed(asyncio.Protocol):
    """Answers whatever ends a request's first head."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.transport = answer, asyncio.Transport()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """A request of this load arrives in one part."""
        if _HEAD in data:
            self.transport.write(self.answer)


async def _serve(size: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size
    server = await asyncio.get_running_loop().create_server(lambda: Fixed(answer), "127.0.0.1", 0)
    print(f"listens on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
