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
    else the newest of those that are newer than every baseline. Either may be missing: `why_nothing` says why.

    Raises UserError as `find_one` does.
    """
    chosen = [find_one(files, name, root) for name in dict.fromkeys(baselines)]
    if current:
        now: queries.Row | None = find_one(files, current, root)
    else:
        # An older one held against its successor would turn every change round.
        newer = [row for row in _by_time(files) if all(_is_newer(row, base) for base in chosen)]
        now = newer[-1] if newer else None
    if now is not None and any(row["source"] == now["source"] for row in chosen):
        raise UserError(f"{now['name']} is not compared with itself", "name another --baseline or --current")
    if not chosen and now is not None:
        chosen = [row for row in _by_time(files) if _is_newer(now, row)][-1:]
    return chosen, now


def why_nothing(chosen: Sequence[queries.Row], now: queries.Row | None) -> str:
    """Why what `pick` found cannot be compared."""
    if now is None and chosen:
        return f"{_by_time(chosen)[-1]['name']} is the newest capture itself"
    return "there is no capture" if now is None else f"there is no capture before {now['name']}"


def _is_newer(row: queries.Row, other: queries.Row) -> bool:
    """By when they were captured; by version where that does not tell them apart, or one does not say when."""
    times = row["captured_at"], other["captured_at"]
    if None not in times and times[0] != times[1]:
        return bool(times[0] > times[1])
    return bool(row["version_order"] > other["version_order"])


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


def other_providers(rows: Sequence[queries.Row]) -> str | None:
    """In which workloads the providers of queries.benchmark_deltas differ; None where they do in none."""
    found = {
        row["workload"]: f"{row['workload']} was measured with {row['baseline_provider'] or 'no provider'}, then with"
        f" {row['candidate_provider'] or 'none'}"
        for row in rows
        if row["status"] not in ("only in baseline", "only in candidate")
        and row["baseline_provider"] != row["candidate_provider"]
    }
    return "; ".join(found.values()) or None
