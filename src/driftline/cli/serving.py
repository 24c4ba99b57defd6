"""Starts the dashboard: `panel serve` on the folder that ships with driftline."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import driftline
from driftline.errors import UserError


def app_folder() -> Path:
    """The dashboard: inside the installed package, else beside the source tree."""
    package = Path(driftline.__file__).parent
    for folder in (package / "_app" / "dashboard", package.parent.parent / "dashboard"):
        if (folder / "main.py").is_file():
            return folder
    raise UserError("the dashboard is not installed", "install driftline again: pip install driftline")


def serve(root: Path, port: int, address: str, show: bool) -> int:
    """Serves until interrupted; the address goes to stdout once it is known."""
    port = port or _free_port(address)
    if not _is_free(address, port):
        raise UserError(f"port {port} on {address} is in use", f"choose another one: --port {port + 1}, or --port 0")
    host = f"[{address}]" if ":" in address else address
    print(f"http://{host}:{port}/dashboard", flush=True)
    command = [sys.executable, "-m", "panel", "serve", str(app_folder()), "--port", str(port), "--address", address]
    command += ["--allow-websocket-origin", f"{host}:{port}", "--allow-websocket-origin", f"localhost:{port}"]
    command += ["--log-level", "warning", *(["--show"] if show else [])]
    environment = {**os.environ, "DRIFTLINE_ROOT": str(root), "BOKEH_RESOURCES": "server"}
    with subprocess.Popen(command, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            return 0


def _free_port(address: str) -> int:
    with socket.create_server((address, 0), family=_family(address)) as server:
        return int(server.getsockname()[1])


def _is_free(address: str, port: int) -> bool:
    try:
        with socket.create_server((address, port), family=_family(address)):
            return True
    except OSError:
        return False


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
