"""A root whose cache is filled, and what to compare it by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from driftline.cache import FORMAT, Manifest
from roots import Root, opened

STAGES = {"transcription": {"wall_time_s": 2.0, "peak_rss_mb": 100}}


def cache_of(root: Root) -> Path:
    return root.folder / ".driftline" / FORMAT


def fresh(root: Root) -> dict[str, list[str]]:
    """What a store over a copy of nothing but the artifacts says."""
    copy = root.folder.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root.folder, copy, symlinks=True, ignore=shutil.ignore_patterns(".driftline"))
    return opened(Root(copy))


def kept_models(root: Root) -> Iterator[Path]:
    """Files of models that were laid; there should be one at most."""
    return cache_of(root).glob("model-*.duckdb")


def strays(root: Root) -> set[str]:
    """Files in the cache that the manifest does not know."""
    folder = cache_of(root)
    manifest = Manifest.from_json((folder / "manifest.json").read_text())
    known = {name for names in manifest.segments.values() for name in names} | set(manifest.retired)
    kept = {"manifest.json", "lock", "segments", "shell.sql", *(path.name for path in list(kept_models(root))[:1])}
    return ({path.name for path in folder.iterdir()} - kept) | (
        {path.name for path in (folder / "segments").iterdir()} - known
    )
