"""The log: one event to a line, as JSON for machines, plain on a terminal; it never says whom a request is about.

Only the fields of FIELDS are written, and none of them holds a path, a header, a body or a worker: a request is known
by its id, its route's template and the id of its key. Lines are written by a thread of their own, so that a reader of
the log who sleeps stops no request; when he sleeps too long, the oldest lines are lost and counted.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
import threading
import traceback
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from service.clock import SHANGHAI
from service.json_text import json_bytes

LEVELS = ("info", "warning", "error")
FIELDS = frozenset(
    (
        *("time", "level", "event", "request_id", "method", "route", "status", "ms", "key_id", "code"),
        *("release", "address", "version", "signal", "levy", "state", "error", "at", "logger", "lost", "seconds"),
    )
)
_MOST_LINES = 50_000  # that wait to be written
_EVERY_S = 0.1
_FRAMES = 12  # of a traceback, the last


class Sink:
    """Takes lines from any thread and writes them soon; `close` writes what waits."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: deque[str] = deque()
        self._lost = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def take(self, line: str) -> None:
        """One line."""
        if len(self._lines) >= _MOST_LINES:
            self._lines.popleft()
            self._lost += 1
        self._lines.append(line)

    def close(self) -> None:
        """Write what waits, then end."""
        self._end.set()
        self._thread.join(2)

    def _run(self) -> None:
        while not self._end.wait(_EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if self._lost:
            lines.append(json_bytes({"level": "warning", "event": "log_lines_lost", "lost": self._lost}).decode()[:-1])
            self._lost = 0
        if lines:
            try:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads it any more
                pass


class Log:
    """A log of events. level: the lowest that is written."""

    def __init__(self, stream: TextIO | None = None, level: str = "info") -> None:
        stream = sys.stderr if stream is None else stream
        self._sink = Sink(stream)
        self._line = _plain if stream.isatty() else _json
        self._levels = LEVELS[LEVELS.index(level) :]

    def info(self, event: str, **facts: object) -> None:
        """Something that is as it should be."""
        self._say("info", event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Something to look at."""
        self._say("warning", event, facts)

    def error(self, event: str, **facts: object) -> None:
        """Something that failed."""
        self._say("error", event, facts)

    def close(self) -> None:
        """Write what waits."""
        self._sink.close()

    def _say(self, level: str, event: str, facts: Mapping[str, object]) -> None:
        if level in self._levels:
            time = dt.datetime.now(SHANGHAI).isoformat(timespec="milliseconds")
            told = {name: value for name, value in facts.items() if name in FIELDS and value is not None}
            self._sink.take(self._line(time, level, event, told))


class OfLibraries(logging.Handler):
    """What libraries say in Python's own way, in this log: the sentence without its values, a failure by its place."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One record; values of its sentence are left out, for they may be of a request. Bugs in a request are logged
        with its id where they happen.
        """
        if record.name == "uvicorn.error" and record.exc_info:
            return
        tell = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        error = record.exc_info[1] if record.exc_info else None
        failed = {} if error is None else failure(error)
        tell("library", logger=record.name, code=str(record.msg).strip()[:200], **failed)


def failure(error: BaseException) -> dict[str, object]:
    """What a failure was and where, without its sentence, which may repeat what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "at": places}


def _json(time: str, level: str, event: str, told: Mapping[str, object]) -> str:
    return json_bytes({"time": time, "level": level, "event": event, **told}).decode()[:-1]


def _plain(time: str, level: str, event: str, told: Mapping[str, object]) -> str:
    return f"{time[11:19]} {level:7} {event:10} " + " ".join(f"{key}={value}" for key, value in told.items())
