"""Reads the files that stand at the top of a root: releases.yaml and driftline.toml."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from driftline.artifacts.decode import decode
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.values import excerpt, number, storable, text
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems
from driftline.settings import LISTS, NAMES, RANGES, TEXTS

SETTINGS = ("warn_pct", "fail_pct", "warn_abs", "fail_abs", "min_abs")


def read_releases(data: bytes, file_id: int, batch: Batch, problems: Problems) -> None:
    """run: release, one row each."""
    document = load_mapping(data, problems)
    if document is None:
        if not problems and data.strip():
            problems.error("a mapping of run to release was expected", "write lines like `runs/my_run: v1.2`")
        return
    for run, release in document.content.items():
        name = text(run)
        written = document.written.get(str(run))
        tag = text(written if written is not None and not isinstance(release, (dict, list, bool)) else release)
        line = document.lines.get(str(run))
        if name is None or tag is None or release is None:
            problems.warning(f"{excerpt(run)} names no release", "write `run: release`", line)
            continue
        batch.add("release_mappings", file_id, {"run": name, "release": tag, "line": line})


def read_settings(data: bytes, file_id: int, batch: Batch, problems: Problems) -> None:
    """Levels of metrics from `[metrics.<name>]`, how verdicts are decided from `[verdicts]`: numbers and names."""
    try:
        content = tomllib.loads(decode(data, problems))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        where = re.search(r"at line (\d+)", str(error))
        problems.error(
            f"not TOML: {str(error)[:200]}",
            "mend the file; the shipped levels are used until then",
            int(where[1]) if where else None,
        )
        return
    _read_verdict_settings(content.get("verdicts", {}), file_id, batch, problems)
    levels: dict[str, dict[str, float]] = {}
    metrics: Any = content.get("metrics", {})
    for metric, table in metrics.items() if isinstance(metrics, dict) else []:
        for setting, value in table.items() if isinstance(table, dict) else []:
            if setting not in SETTINGS:
                problems.warning(
                    f"metrics.{excerpt(metric)}.{excerpt(setting)} is unknown", f"use one of {', '.join(SETTINGS)}"
                )
                continue
            cleaned = number(value, f"metrics.{metric}.{setting}", problems, low=0)
            if cleaned is not None:
                levels.setdefault(storable(metric), {})[setting] = cleaned
    for metric, declared in levels.items():
        batch.add("metric_overrides", file_id, {"metric": metric, **declared})


def _read_verdict_settings(table: Any, file_id: int, batch: Batch, problems: Problems) -> None:
    """One row a setting: a number, a name, or a list of names."""
    for name, value in table.items() if isinstance(table, dict) else []:
        where = f"verdicts.{excerpt(name)}"
        row: Row = {"name": storable(name), "number": None, "names": None}
        if name not in NAMES:
            problems.warning(f"{where} is unknown", f"use one of {', '.join(sorted(NAMES))}")
            continue
        if name in LISTS | TEXTS:
            names = [value] if name in TEXTS else value
            if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
                problems.warning(f"{where} holds no names: {excerpt(value)}", "write text in quotes")
                continue
            row["names"] = [storable(one) for one in names]
        else:
            low, high = RANGES[name]
            row["number"] = number(value, where, problems, low=low, high=high)
            if row["number"] is None:
                continue
        batch.add("verdict_settings", file_id, row)
