"""Reads `noise/<platform>.jsonl`: pairs of measurements of the same thing, and by how much they differ."""

from __future__ import annotations

from driftline.artifacts.decode import json_lines
from driftline.artifacts.rows import Batch
from driftline.artifacts.values import count, excerpt, moment, number, text
from driftline.errors import Problems

SIDES, SCALES = ("run", "profile"), ("log", "difference")
FORM = "`driftline calibrate` writes such lines; remove this one"


def read_noise(data: bytes, platform: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """One row a pair. `platform` is the name of the file, for lines that name none; a pair given twice counts once."""
    seen: set[tuple[str | None, ...]] = set()
    for line, item in json_lines(data, problems):
        side, scale, metric = (text(item.get(name)) for name in ("side", "scale", "metric"))
        difference = number(item.get("difference"), "difference", problems, line)
        pairs = count(item.get("pairs"), "pairs", problems, line)
        variance = number(item.get("variance"), "variance", problems, line, low=0)
        if side not in SIDES or scale not in SCALES or metric is None:
            problems.warning(
                f"the line is about no metric: side {excerpt(side)}, scale {excerpt(scale)}, metric {excerpt(metric)}",
                FORM,
                line,
            )
            continue
        if difference is None or not pairs:
            problems.warning("the line has no difference of pairs", FORM, line)
            continue
        row = {
            "platform": text(item.get("platform")) or platform,
            "side": side,
            "metric": metric,
            "scale": scale,
            "stage": text(item.get("stage")),
            "baseline": text(item.get("baseline")),
            "candidate": text(item.get("candidate")),
        }
        known = tuple(row.values())
        if row["baseline"] and row["candidate"] and known in seen:
            problems.warning("the pair occurs again; the first line counts", FORM, line)
            continue
        seen.add(known)
        at = moment(item.get("recorded_at"))
        measured = {"recorded_at": at, "difference": difference, "variance": variance, "pairs": pairs}
        batch.add("noise", file_id, {**row, **measured})
