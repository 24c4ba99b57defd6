"""Runs the duckdb shell of this environment over the model of a root."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from driftline.errors import UserError
from driftline.queries import TABLES
from driftline.store import Store


def find_duckdb() -> str:
    """The `duckdb` beside this Python, else on the PATH."""
    beside = Path(sys.executable).with_name("duckdb")
    found = str(beside) if beside.exists() else shutil.which("duckdb")
    if found is None:
        raise UserError("no duckdb shell in this environment", "install it: pip install duckdb-cli")
    return found


def run(store: Store, options: list[str]) -> int:
    """Starts the shell with the model loaded and the options passed on; returns its exit code."""
    return _start(store, options)[0]


def answer(store: Store, statement: str, layout: str) -> None:
    """Prints the shell's own answer to one statement. Raises UserError with its message where it has none."""
    code, talk = _start(store, [f"-{layout}", "-c", statement], stderr=subprocess.PIPE)
    if code:
        lines = re.sub(r"\x1b\[\d*m", "", talk).strip().splitlines()
        message = "\n".join(line for line in lines if not line.startswith("-- Loading resources"))
        raise UserError(f"that statement failed: {message}", TABLES)


def _start(store: Store, options: list[str], stderr: int | None = None) -> tuple[int, str]:
    """Exit code and, where it is piped, stderr of the shell. A reader that has seen enough (`| head`) is no fault."""
    start = store.write_shell_file()
    root, keep = store.root, store.cache
    store.close()
    command = [find_duckdb(), "-init", str(start), *options]
    environment = {**os.environ, "DRIFTLINE_ROOT": str(root)}
    finished = subprocess.run(command, env=environment, stderr=stderr, encoding="utf-8", errors="replace", check=False)
    del keep
    # The duckdb of a wheel is a script that passes the death of the shell on as 256 - signal.
    code = finished.returncode % 256
    died_of = 256 - code if code > 192 else 0
    return (0 if died_of == signal.SIGPIPE else 128 + died_of if died_of else code), finished.stderr or ""
