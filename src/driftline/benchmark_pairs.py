"""Which versioned baselines are compared: found by their names, and whether they come from one platform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driftline import queries
from driftline.errors import UserError

CAPTURE = "`driftline benchmark capture` measures one"


def outside(names: Sequence[str]) -> tuple[Path, ...]:
    """Those of the names that are files, wherever they lie."""
    return tuple(Path(name).absolute() for name in names if name.endswith((".yaml", ".yml")) and Path(name).is_file())


def find_one(files: Sequence[queries.Row], name: str, root: Path) -> queries.Row:
    """The baseline of that name, version, file name or path. Raises UserError where there is none, or more than one."""
    path = Path(name).absolute()
    found = [row for row in files if (root / row["source"]).resolve() == path.resolve()]
    for names in (_names, _versions):
        found = found or [row for row in files if name in names(row)]
    if not found:
        known = ", ".join(row["name"] for row in files)
        raise UserError(f"there is no baseline {name}", f"there are {known}" if known else CAPTURE)
    if len(found) > 1:
        listed = ", ".join(row["source"] for row in found)
        raise UserError(f"{name} is the name of {len(found)} baselines", f"name the file: {listed}")
    return found[0]


def _names(row: queries.Row) -> set[str]:
    return {row["name"], row["source"], Path(row["source"]).name, Path(row["source"]).stem}


def _versions(row: queries.Row) -> set[str]:
    return {row["version"], f"v{row['version']}"} if row["version"] else set()


def pick(
    files: Sequence[queries.Row], baselines: Sequence[str], current: str | None, root: Path
) -> tuple[list[queries.Row], queries.Row | None]:
    """The baselines that are named, else the newest before the current one; and the current one: the one that is named,
    else the newest by time, or by version, that is no baseline. Raises UserError as `find_one` does."""
    chosen = [find_one(files, name, root) for name in dict.fromkeys(baselines)]
    sources = {row["source"] for row in chosen}
    rest = [row for row in _by_time(files) if row["source"] not in sources]
    now = find_one(files, current, root) if current else rest[-1] if rest else None
    if now is not None and now["source"] in sources:
        raise UserError(f"{now['name']} is not compared with itself", "name another --baseline or --current")
    if not chosen and now is not None:
        chosen = [row for row in _by_time(files) if row["source"] != now["source"]][-1:]
    return chosen, now


def _by_time(files: Sequence[queries.Row]) -> list[queries.Row]:
    """In the order of their capture; those that do not say when, first, by version."""
    return sorted(files, key=lambda row: (row["captured_at"] is not None, row["captured_at"] or row["version_order"]))


def why_apart(baseline: queries.Row, current: queries.Row) -> str | None:
    """Why the two may not be compared as they are: their platforms differ. None where nothing says so."""
    for name in ("platform", "os_arch"):
        if baseline[name] and current[name]:
            if baseline[name] == current[name]:
                return None
            return f"{baseline['name']} was measured on {baseline[name]}, {current['name']} on {current[name]}"
    return None
