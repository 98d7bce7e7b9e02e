"""The contract as a golden file: a change that others would see fails here. LICHENG_REWRITE=1 writes it anew."""

import json
import os
from pathlib import Path
from typing import Any

import typer.main

from pricing.tariff import Tariff
from service import quote as quotes
from service.cli import app
from service.cli_first_run import EXAMPLES
from service.schema import contract
from tests.doors.test_cases import TARIFF, TODAY

GOLDEN = Path(__file__).parent / "contract.json"


def shape(value: Any) -> Any:
    """Keys and kinds of an answer, without its numbers."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def commands() -> dict[str, list[str]]:
    """Options of every command."""
    found = {}
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        for sub, inner in getattr(command, "commands", {"": command}).items():
            found[f"{name} {sub}".strip()] = sorted(option for p in inner.params for option in p.opts)
    return found


def now() -> dict[str, Any]:
    """What others see today."""
    rider = json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8"))
    answer = quotes.quote({**rider, "curve": True, "covers": ["cargo_damage"]}, TARIFF, TODAY)
    schemes = {scheme.pop("scheme"): shape(scheme) for scheme in answer.pop("schemes")}
    tables = contract(Tariff.load(), "en")
    return {"tables": tables, "commands": commands(), "quote": shape(answer), "schemes": schemes}


def test_the_contract_only_grows() -> None:
    found = json.loads(json.dumps(now(), ensure_ascii=False))
    if os.environ.get("LICHENG_REWRITE"):
        GOLDEN.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))
