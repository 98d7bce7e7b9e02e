"""The folder of a run: named steps, each with its own files, so that a run that was stopped goes on where it stood."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing.folder_hash import file_hash, folder_hash

STEPS = ("data", "split", "fit", "tabulate", "judge", "candidate", "impact", "report")
_RECORDS = "steps.json"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder. `steps.json` says of each step what went in, which files came out, and how long it took."""

    path: Path

    def records(self) -> dict[str, dict[str, Any]]:
        """Record of each step that is done, in order."""
        file = self.path / _RECORDS
        found: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return found

    def is_done(self, step: str, inputs: str) -> bool:
        """Whether a step was done with these inputs, and its files still are what it wrote."""
        record = self.records().get(step)
        if record is None or record["inputs"] != inputs:
            return False
        return all(self._hash(name) == hashed for name, hashed in record["outputs"].items())

    def inputs_of(self, step: str, given: Mapping[str, str]) -> str:
        """Hash of all that a step rests on: what is given from outside, and what the steps before it wrote."""
        records = self.records()
        before = {name: records[name]["outputs"] for name in STEPS[: STEPS.index(step)] if name in records}
        return text_hash(json.dumps([dict(given), before], sort_keys=True))

    @contextmanager
    def writing(self, step: str, inputs: str) -> Iterator[Path]:
        """A folder for a step's files, which take their places together once it is done; of later steps none stays."""
        made = self.path / f".{step}"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        started = time.perf_counter()
        try:
            yield made
        except BaseException:  # what stood before stays as it was
            shutil.rmtree(made)
            raise
        self._forget(step)
        outputs = []
        for child in sorted(made.iterdir()):
            place = self.path / child.name
            if place.is_dir():  # of a run that was killed before it was recorded
                shutil.rmtree(place)
            child.rename(place)
            outputs.append(child.name)
        made.rmdir()
        record = {"inputs": inputs, "outputs": {name: self._hash(name) for name in outputs}}
        self._write({**self.records(), step: {**record, "seconds": round(time.perf_counter() - started, 2)}})

    def recorded(self, step: str) -> None:
        """Write down the files of a step as they are now, where another part of the program changed them."""
        records = self.records()
        records[step]["outputs"] = {name: self._hash(name) for name in records[step]["outputs"]}
        self._write(records)

    def _forget(self, step: str) -> None:
        """Take away what a step and those after it wrote."""
        records = self.records()
        gone = [name for name in STEPS[STEPS.index(step) :] if name in records]
        for name in gone:
            for output in records.pop(name)["outputs"]:
                path = self.path / output
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        if gone:
            self._write(records)

    def _write(self, records: Mapping[str, Any]) -> None:
        partial = self.path / f".{_RECORDS}"
        partial.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.path / _RECORDS)

    def _hash(self, name: str) -> str:
        path = self.path / name
        if path.is_dir():
            return folder_hash(path)
        return file_hash(path) if path.is_file() else ""


def text_hash(text: str) -> str:
    """`sha256:` and the hash of a text."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8')).hexdigest()}"
