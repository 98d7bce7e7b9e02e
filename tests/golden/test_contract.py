"""The contract as a golden file: a change that others would see fails here. LICHENG_REWRITE=1 writes it anew."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import typer.main

from pricing.tariff import Tariff
from service.app import create_app
from service.cli.first_run import EXAMPLES
from service.cli.main import app
from service.prices import quote as quotes
from service.schema import contract
from service.schemas.kept import document
from tests.doors.test_cases import TARIFF, TODAY
from tests.months import settle, write_csv
from tests.service.serving import settings

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


def columns(path: Path) -> Any:
    """Columns with their types, names of a CSV's columns, or the keys and kinds of a JSON file."""
    if path.suffix == ".parquet":
        return {field.name: str(field.type) for field in pq.read_schema(path)}
    if path.suffix == ".csv":
        return path.read_text(encoding="utf-8-sig").splitlines()[0].replace('"', "").split(",")
    if path.name == "edition.json":  # its files are the tariff's
        return list(json.loads(path.read_text(encoding="utf-8")))
    return shape(json.loads(path.read_text(encoding="utf-8")))


def folders() -> dict[str, Any]:
    """The files of a levy's folder, and of its correction."""
    row = {"month": "2025-08", "worker": "w_4KQ7ZB2M", "platform": "didi", "region": "110000"}
    known = ("--month", "2025-08", "--known-on", "2025-11-30", "--schemes", "pilot_per_order,mileage_linked")
    with TemporaryDirectory() as name:
        usage = write_csv(Path(name) / "usage.csv", [{**row, "occupation": "ride_hailing_driver", "orders": 9}])
        for previous, out in ((), "levy"), (("--previous", Path(name) / "levy"), "correction"):
            settle(usage, Path(name) / out, *known, "--demonstration", *previous)
        return {
            out: {path.relative_to(Path(name) / out).as_posix(): columns(path) for path in files(Path(name) / out)}
            for out in ("levy", "correction")
        }


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def http() -> dict[str, Any]:
    """Every call of the API with its parameters and the statuses it answers, and the fields of what is sent."""
    with TemporaryDirectory() as name:
        described = document(create_app(settings(Path(name))))
    calls = {
        f"{method} {path}": {
            "parameters": [f"{one['in']} {one['name']}" for one in said["parameters"]],
            "answers": sorted(said["responses"]),
        }
        for path, methods in described["paths"].items()
        for method, said in methods.items()
    }
    models = described["components"]["schemas"]
    return {"calls": calls, "models": {name: sorted(one.get("properties", {})) for name, one in models.items()}}


def now() -> dict[str, Any]:
    """What others see today."""
    rider = json.loads((EXAMPLES / "rider.json").read_text(encoding="utf-8"))
    answer = quotes.quote({**rider, "curve": True, "covers": ["cargo_damage"]}, TARIFF, TODAY)
    schemes = {scheme.pop("scheme"): shape(scheme) for scheme in answer.pop("schemes")}
    tables = contract(Tariff.load(), "en")
    doors = {"commands": commands(), "quote": shape(answer), "schemes": schemes}
    return {"tables": tables, **doors, "folders": folders(), "http": http()}


def test_the_contract_only_grows() -> None:
    found = json.loads(json.dumps(now(), ensure_ascii=False))
    if os.environ.get("LICHENG_REWRITE"):
        GOLDEN.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))
