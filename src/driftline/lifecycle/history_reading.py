"""Records of a history as they are read by programs, and a metric in them, under whatever name it was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from driftline.artifacts.history import read_history
from driftline.artifacts.reading import file_bytes
from driftline.artifacts.rows import Batch
from driftline.artifacts.values import storable
from driftline.errors import Problems, UserError

Record = dict[str, Any]


@dataclass(frozen=True)
class Tracked:
    """A metric by the name that the registry has for it; `names` are all under which records have it, that name first.
    `has_direction`: whether less or more of it is better, as far as is known."""

    metric: str
    names: tuple[str, ...]
    has_direction: bool

    def value_in(self, record: Record) -> float | None:
        """What a record has of it; None for a gap."""
        metrics: dict[str, float | None] = record["metrics"]
        return next((metrics[name] for name in self.names if name in metrics), None)

    def baseline(self, records: Iterable[Record], least: int) -> float | None:
        """The median of the last `least` usable values of the records, which are in the order of time; None where there
        are fewer. As everywhere in the model: of records without a workload and provider, and none below 0 but of a
        metric that has no direction."""
        values = [
            value
            for record in records
            if record["workload"] is None and record["provider"] is None
            if (value := self.value_in(record)) is not None and (value >= 0 or not self.has_direction)
        ]
        return float(median(values[-least:])) if 0 < least <= len(values) else None


def tracked(records: Sequence[Record], names: Iterable[str]) -> dict[str, Tracked]:
    """Each of the names with what it stands for in the records."""
    from driftline import queries
    from driftline.model import macros

    asked = {name: storable(name) for name in names}
    recorded = {name for record in records for name in record["metrics"]}
    with macros() as connection:
        known = queries.known_names(connection, sorted({*asked.values(), *recorded}))
    spellings: dict[str, list[str]] = {}
    # The registry's own name, then the others by their letters: so does the model choose.
    for name in sorted(recorded, key=lambda name: (known[name]["metric"] != name, name)):
        spellings.setdefault(known[name]["metric"], []).append(name)
    return {
        name: Tracked(
            known[plain]["metric"],
            tuple(spellings.get(known[plain]["metric"], ())),
            known[plain]["better"] in ("lower", "higher"),
        )
        for name, plain in asked.items()
    }


def history_files(folder: Path) -> list[Path]:
    """The files of a history, in the order in which they are read. Hidden ones are none."""
    return sorted(path for path in folder.glob("*.jsonl") if not path.name.startswith("."))


def read_records(folder: Path) -> list[Record]:
    """The records of all files of a folder, each record_id once, in the order in which they stand; `metrics` holds the
    finite numbers, `recorded_at` is UTC. What is no record is left out: `driftline check` lists it. Raises UserError
    where a file cannot be read."""
    found: dict[str, Record] = {}
    for path in history_files(folder):
        batch = Batch()
        try:
            data = file_bytes(path)
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}", "check what it is, and who may read it") from error
        read_history(data, path.stem, 0, batch, Problems())
        metrics: dict[int, dict[str, float | None]] = {}
        for row in batch.rows.get("history_values", []):
            metrics.setdefault(row["line"], {})[row["metric"]] = row["value"]
        for row in batch.rows.get("history_records", []):
            at = row["recorded_at"]
            told = {name: value for name, value in row.items() if name != "file_id"}
            told |= {"recorded_at": f"{at.replace(' ', 'T')}+00:00" if at else None}
            found.setdefault(row["record_id"], {**told, "metrics": metrics.get(row["line"], {})})
    return list(found.values())
