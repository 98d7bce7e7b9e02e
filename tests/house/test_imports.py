"""The house rules that a machine can see: who imports whom, sizes, names, and what no file may hold."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CLOCK_AND_WORLD = ("time", "socket", "urllib", "http", "ssl", "os.environ", "os.getenv")
CLOCK_CALLS = ("date.today", "datetime.now", "datetime.today", "datetime.utcnow", "time.time")
DYNAMIC = ("importlib.import_module", "__import__")

# Each room: what it imports of ours, from outside (library -> files that may), and what of the stdlib it never touches.
OURS = {
    "pricing": ("pricing",),
    "models": ("models", "pricing.factors", "pricing.relativities", "pricing.units"),
    "training": ("training", "models", "pricing"),
    "service": ("service", "pricing"),
}
# Where HTTP is spoken.
DOORS = (
    *("service/app.py", "service/running.py"),
    *(f"service/{room}/*" for room in ("conventions", "uploads", "routes", "web", "operations")),
)
OUTSIDE = {
    "pricing": {
        "numpy": ["pricing/*"],
        "yaml": ["pricing/strict_yaml.py", "pricing/words/__init__.py"],
        "pyarrow": ["pricing/arrow*.py"],
    },
    "models": {"numpy": ["models/*"], "scipy": ["models/*"], "sklearn": ["models/*"], "glum": ["models/*"]},
    "training": {
        **{name: ["training/*"] for name in ("numpy", "pyarrow", "pandas")},
        "matplotlib": ["training/charts.py"],
        "yaml": ["training/published.py", "training/plan*.py"],
        "sklearn": ["training/challenger.py"],
        "skops": ["training/kept.py"],
        "mlflow": ["training/registry.py", "training/tables_model.py"],
        "jinja2": ["training/pages.py"],
        "markupsafe": ["training/pages.py"],
    },
    "service": {
        "typer": ["service/cli/*"],
        "rich": ["service/terminal/*"],
        "duckdb": ["service/engines/*"],
        "pyarrow": ["service/engines/*"],
        "numpy": ["service/engines/*"],
        "jinja2": ["service/documents/*", "service/web/*"],
        "markupsafe": ["service/web/*"],
        "openpyxl": ["service/documents/rate_book.py"],
        "orjson": ["service/json_text.py"],
        "sqlalchemy": ["service/store/*", "service/running.py"],
        "alembic": ["service/store/*"],
        "cryptography": ["service/auth/keyring.py"],
        "fastapi": [*DOORS],
        "starlette": [*DOORS],
        "anyio": [*DOORS],
        "pydantic": ["service/schemas/*"],
        "python_multipart": ["service/uploads/form.py"],
        "prometheus_client": ["service/telemetry/metrics.py"],
        "uvicorn": ["service/operations/*"],
    },
}
NEVER = {
    "pricing": (*CLOCK_AND_WORLD, *CLOCK_CALLS, *DYNAMIC),
    "models": (*CLOCK_AND_WORLD, *CLOCK_CALLS, *DYNAMIC, "logging", "pathlib", "open"),
    "training": (),
    "service": (),
}
ROOMS = tuple(OURS)
BESIDE = ("tests", "benchmarks")


@cache
def listed() -> tuple[str, ...]:
    """Every file of the tree that git knows or would add, so that a file counts before it is committed."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    found = tuple(sorted({name for name in names if name and (ROOT / name).is_file()}))
    assert len(found) > 10, "git listed no files"
    return found


def python_files(*folders: str) -> list[str]:
    found = [name for name in listed() if name.endswith(".py") and name.split("/")[0] in folders]
    assert found, f"no Python file seen in {folders}"
    return found


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), filename=name)


def imported(name: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything a file imports, relative imports resolved."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name.split("/")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def under(dotted: str, *parents: str) -> bool:
    return any(dotted == parent or dotted.startswith(parent + ".") for parent in parents)


def allowed(room: str, name: str, dotted: str) -> bool:
    top = dotted.split(".")[0]
    if top in (*ROOMS, *BESIDE, "training"):
        return under(dotted, *OURS[room])
    if top in sys.stdlib_module_names:
        return not under(dotted, *NEVER[room])
    return any(fnmatch(name, owner) for owner in OUTSIDE[room].get(top, []))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_house_allows(room: str) -> None:
    leaks = [
        f"{name}:{line} imports {dotted}"
        for name in python_files(room)
        for line, dotted in imported(name)
        if not allowed(room, name, dotted)
    ]
    assert not leaks, "\n".join(leaks)


def touched(name: str) -> Iterator[tuple[int, str]]:
    """Line and full text of every name and attribute a file uses."""
    yield from ((n.lineno, ast.unparse(n)) for n in ast.walk(tree(name)) if isinstance(n, ast.Attribute | ast.Name))


@pytest.mark.parametrize("room", ["pricing", "models"])
def test_no_clock_environment_network_or_hidden_import(room: str) -> None:
    words = [word for word in NEVER[room] if word not in sys.stdlib_module_names]
    leaks = [
        f"{name}:{line} touches {text}"
        for name in python_files(room)
        for line, text in touched(name)
        if any(text == word or text.endswith("." + word) for word in words)
    ]
    assert words
    assert not leaks, "\n".join(leaks)


def test_only_the_command_line_names_training() -> None:
    names = [
        (name, node.value)
        for name in python_files("pricing", "models", "service")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and under(node.value, "training")
    ]
    assert [found for found in names if not fnmatch(found[0], "service/cli/*")] == []


def test_every_room_has_its_rule() -> None:
    tops = {name.split("/")[0] for name in listed() if name.endswith(".py") and "/" in name}
    assert set(ROOMS) <= tops, "a room of the table has no file"
    assert tops <= {*ROOMS, *BESIDE}, "a folder with Python has no rule of import"


def test_the_evaluator_knows_nothing_of_ours() -> None:
    for name in ("tests/evaluator.py", "tests/evaluator_covers.py"):
        assert [dotted for _, dotted in imported(name) if under(dotted, *ROOMS, "training")] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_loaded_from_this_tree(room: str) -> None:
    place = importlib.import_module(room).__file__
    assert place is not None
    assert Path(place).resolve() == ROOT / room / "__init__.py"


def test_modules_stay_under_250_lines() -> None:
    names = python_files(*ROOMS)
    sizes = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in names}
    assert {name: size for name, size in sizes.items() if size > 250} == {}


def functions(name: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (n for n in ast.walk(tree(name)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a body, comments and blank lines with it, docstring not."""
    first = function.body[0]
    start = (first.end_lineno or 0) + 1 if ast.get_docstring(function) is not None else first.lineno
    return (function.end_lineno or 0) - start + 1


def test_function_bodies_stay_under_40_lines() -> None:
    sizes = {
        f"{name}:{function.lineno} {function.name}": body_lines(function)
        for name in python_files(*ROOMS, *BESIDE)
        for function in functions(name)
    }
    assert sizes
    assert {name: size for name, size in sizes.items() if size > 40} == {}


def public_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def test_public_functions_say_what_they_do() -> None:
    seen = [(name, f) for name in python_files(*ROOMS) for f in public_functions(tree(name).body)]
    assert seen
    assert [f"{name}:{f.lineno} {f.name}" for name, f in seen if not ast.get_docstring(f)] == []


def test_no_unfinished_work_in_a_room() -> None:
    names = [name for name in listed() if name.split("/")[0] in ROOMS]
    assert names
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    assert [name for name in names if unfinished.search((ROOT / name).read_text(encoding="utf-8"))] == []


def test_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "common", "core", "helpers", "helper", "misc"}
    assert [name for name in listed() if drawers & {part.removesuffix(".py") for part in name.split("/")}] == []


# The words are put together here, so that this file does not hold them.
REGISTRIES = [
    *(name + "." + end for name, end in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")]),
    *(name + "." + end for name, end in [("anaconda", "org"), ("maven", "org"), ("golang", "org"), ("crates", "io")]),
    *("mirrors" + "." + end for end in ("aliyun", "cloud.tencent", "ustc", "huaweicloud", "163")),
    "tuna" + ".tsinghua",
    "docker" + ".io",
]
ABSOLUTE = re.compile(r"(?<![A-Za-z0-9_.)}>-])/(?:work|tmp|root|home|Users)/")


def test_no_registry_host_and_no_path_of_one_machine() -> None:
    found = []
    for name in listed():
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        found += [f"{name} names {host}" for host in REGISTRIES if host in text]
        found += [f"{name} holds {match.group()}" for match in ABSOLUTE.finditer(text)]
    assert not found, "\n".join(found)


def test_no_mocks() -> None:
    for name in python_files("tests"):
        mocks = [dotted for _, dotted in imported(name) if under(dotted, "unittest.mock", "mock", "pytest_mock")]
        patches = [ast.unparse(n) for n in ast.walk(tree(name)) if isinstance(n, ast.Attribute) and n.attr == "setattr"]
        assert (name, mocks, patches) == (name, [], [])
