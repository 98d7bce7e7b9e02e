"""The commands of a README and what they print: run, compared, or written anew with LICHENG_REWRITE=1."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def output_of(command: str, folder: Path) -> str:
    """What a README's command prints, run beside the tree's examples with this interpreter."""
    shell = re.sub(r"\blicheng (?=[a-z])", f"{sys.executable} -m service.cli ", command)
    world = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "110", "LICHENG_LANG": "en"}
    done = subprocess.run(["bash", "-c", shell], cwd=folder, capture_output=True, text=True, timeout=60, env=world)
    return "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").split("\n"))


def written(block: str, folder: Path) -> str:
    """A block with the output of its commands as it is now."""
    commands = [line[2:] for line in block.split("\n") if line.startswith("$ ")]
    return "".join(f"$ {command}\n{output_of(command, folder)}\n" for command in commands)


def rewritten(text: str) -> str:
    """A README with all its blocks as they are now, run in order in one folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "service").symlink_to(ROOT / "service")
        return BLOCK.sub(lambda found: f"```console\n{written(found[1], folder)}```", text)
