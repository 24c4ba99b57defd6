"""A profile that was just frozen, on the Performance page in Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from browser import COMMAND
from roots import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from browser import Served, Watched

    Watch = Callable[..., Watched]
    Serve = Callable[[Path], Served]

pytest_plugins = ("browser",)


def test_what_was_frozen_is_on_the_page_with_its_trace(
    tmp_path_factory: pytest.TempPathFactory, serve: Serve, watch: Watch
) -> None:
    folder = tmp_path_factory.mktemp("frozen")
    program = "import time, driftline\nwith driftline.stage('load it'): time.sleep(0.4)"
    for version in ("v1", "v2"):
        command = [*COMMAND, "profile", "freeze", "--version", version, "--warmup", "0", "--root", str(folder / "root")]
        command += ["--monitor", "--sample-interval", "0.1", "--", sys.executable, "-c", program]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    page = watch().open(serve(folder / "root").at("performance", pbase="v1", pcand="v2"))

    expect(page.locator("table.st tbody tr").filter(has_text="load it").first).to_be_visible()
    expect(page.get_by_role("heading", name="2 profiles have a monitor trace")).to_be_attached()
