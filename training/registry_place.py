"""Where the record of training lies: any tracking server, else a database file in the data folder."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


def home() -> Path:
    """`LICHENG_HOME`, the data folder, or the folder one stands in."""
    return Path(os.environ.get("LICHENG_HOME") or ".").resolve()


def where(uri: str | None = None) -> str:
    """The tracking address: as given, else `MLFLOW_TRACKING_URI`, else a file in the data folder."""
    path = str(home() / "mlflow.db").replace("%", "%25").replace("?", "%3F")  # what an address would read otherwise
    return uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{path}"


def is_server(address: str) -> bool:
    """Whether somebody else keeps the files."""
    return address.startswith(("http://", "https://", "databricks"))


def shown(address: str) -> str:
    """An address without its password."""
    parts = urlsplit(address)
    if parts.password is None:
        return address
    place = f"{parts.username}@{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    return urlunsplit(parts._replace(netloc=place))


def told(error: Exception, address: str) -> str:
    """The first line of what an error says, without the address's password."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    password = urlsplit(address).password
    return said.replace(f":{password}@", "@") if password else said


def ui_command(uri: str | None = None) -> str:
    """The command that opens the record in a browser; of a server, its address."""
    address = where(uri)
    if is_server(address):
        return shown(address)
    program = Path(sys.executable).with_name("mlflow")
    settings = "MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"
    # A password is not repeated: the shell fills it in.
    store = shlex.quote(address) if shown(address) == address else '"$MLFLOW_TRACKING_URI"'
    return f"{settings} {shlex.quote(str(program))} ui --backend-store-uri {store}"
