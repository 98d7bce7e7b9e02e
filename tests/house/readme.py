"""The commands of a README and what they print: run, compared, or written anew with LICHENG_REWRITE=1."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def output_of(command: str) -> str:
    """What a README's command prints, run from the root with this interpreter."""
    ours = f"{sys.executable} -m service.cli"
    shell = re.sub(r"\blicheng (?=[a-z])", f"{ours} ", command)
    done = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, timeout=60)
    return "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").split("\n"))


def written(block: str) -> str:
    """A block with the output of its commands as it is now."""
    commands = [line[2:] for line in block.split("\n") if line.startswith("$ ")]
    return "".join(f"$ {command}\n{output_of(command)}\n" for command in commands)


def rewritten(text: str) -> str:
    """A README with all its blocks as they are now."""
    return BLOCK.sub(lambda found: f"```console\n{written(found[1])}```", text)
