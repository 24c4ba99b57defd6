"""The libraries that the pipeline computes with."""

from __future__ import annotations

from importlib.metadata import version


def library_versions() -> dict[str, str]:
    """Versions of the libraries that decide what the demo computes and how it is scored."""
    return {name: version(name) for name in ("numpy", "rouge-score")}
