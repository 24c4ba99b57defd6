"""The wheel: it holds what it needs and nothing else, and serves its own dashboard from any directory."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served, Watched

pytest_plugins = ("browser",)
REPOSITORY = Path(__file__).parent.parent
DASHBOARD = "driftline/_app/dashboard"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the working tree, built by its own backend without a network."""
    from hatchling.build import build_wheel

    folder = tmp_path_factory.mktemp("wheel")
    with contextlib.chdir(REPOSITORY):
        return folder / build_wheel(str(folder))


def files_below(folder: str) -> set[str]:
    found = (REPOSITORY / folder).rglob("*")
    return {str(path.relative_to(REPOSITORY / folder)) for path in found if path.is_file() and path.suffix != ".pyc"}


def test_the_wheel_holds_every_file_and_no_cache(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packed = {name for name in names if ".dist-info/" not in name}

    expected = {f"driftline/{name}" for name in files_below("src/driftline")}
    expected |= {f"{DASHBOARD}/{name}" for name in files_below("dashboard")}
    assert packed == {name for name in expected if not any(part.startswith(".") for part in Path(name).parts)}
    for pattern in (
        "sql/*.sql",
        "artifacts/*.sql",
        "reports/*.css",
        "ci/*.yml",
        "lifecycle/*.json",
        "reports/*.json",
        "demo/transcripts/*.txt",
        "_app/dashboard/static/*",
    ):
        assert [name for name in packed if Path(name).match(f"driftline/{pattern}")], pattern
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".orig", ".parquet"))]


def test_the_installed_wheel_offers_its_command_and_its_plugin(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        told = archive.read(name).decode()

    assert "[console_scripts]\ndriftline = driftline.cli:main" in told
    assert "[pytest11]\ndriftline = driftline.pytest_plugin" in told


def test_the_installed_wheel_serves_its_own_dashboard(
    wheel: Path, serve: Callable[..., Served], watch: Callable[..., Watched], shipped_root: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    foreign = tmp_path / "foreign"
    (foreign / "dashboard").mkdir(parents=True)
    (foreign / "dashboard" / "__init__.py").write_text("raise RuntimeError('a foreign package was imported')")
    (tmp_path / "empty").mkdir()

    for cwd in (tmp_path / "empty", foreign):
        served = serve(shipped_root, cwd=cwd, PYTHONPATH=str(site), PYTHONDONTWRITEBYTECODE="1")
        page = watch().open(served.at("performance"))
        expect(page.locator("h1")).to_contain_text("v0.6")
        expect(page.locator(".bk-Figure")).to_have_count(2)
    assert os.listdir(tmp_path / "empty") == []
    assert not list(site.rglob("*.parquet"))
