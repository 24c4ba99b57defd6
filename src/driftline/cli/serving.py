"""Starts the dashboard: `panel serve` on the folder that ships with driftline."""

from __future__ import annotations

import errno
import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

import driftline
from driftline.errors import UserError


def app_folder() -> Path:
    """The dashboard: inside the installed package, else beside the source tree."""
    package = Path(driftline.__file__).parent
    for folder in (package / "_app" / "dashboard", package.parent.parent / "dashboard"):
        if (folder / "main.py").is_file():
            return folder
    raise UserError("the dashboard is not installed", "install driftline again: pip install driftline")


def serve(root: Path, port: int, address: str, show: bool) -> NoReturn:
    """Becomes the server, so that whatever ends this process ends it; the address goes to stdout once it is known."""
    port = _free_port(address, port)
    host = f"[{address}]" if ":" in address else address
    print(f"http://{host}:{port}/dashboard", flush=True)
    command = [sys.executable, "-m", "panel", "serve", str(app_folder()), "--port", str(port), "--address", address]
    command += ["--allow-websocket-origin", f"{host}:{port}", "--allow-websocket-origin", f"localhost:{port}"]
    command += ["--log-level", "warning", *(["--show"] if show else [])]
    os.execve(sys.executable, command, {**os.environ, "DRIFTLINE_ROOT": str(root), "BOKEH_RESOURCES": "server"})


def _free_port(address: str, port: int) -> int:
    """The port, or any free one for 0. Raises UserError where nothing can listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.create_server((address, port), family=family) as server:
            return int(server.getsockname()[1])
    except OverflowError:
        raise UserError(f"{port} is no port", "choose one from 1 to 65535, or --port 0 for a free one") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = f"choose another one: --port {port + 1}, or --port 0"
            raise UserError(f"port {port} on {address} is in use", remedy) from None
        problem = f"cannot listen on port {port} of {address}: {error.strerror}"
        raise UserError(
            problem, "leave --address out for this machine alone, and use --port 0 for a free port"
        ) from None
