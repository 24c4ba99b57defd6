"""What a benchmark measured as records of the history: one for each workload and provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from driftline.capture.workload import Measured
from driftline.lifecycle.history import append_records, new_record
from driftline.lifecycle.session_facts import session_facts


def record_results(folder: Path, results: Sequence[Measured]) -> list[Path]:
    """Adds the records, with the workload and the provider that each is of; the files. Raises UserError where one
    cannot be written."""
    facts = session_facts()
    records = [
        new_record(
            result.metrics,
            facts
            | {
                "workload": result.workload.name,
                "provider": result.workload.provider,
                "test_duration_seconds": round(sum(result.samples_ms) / 1000, 3),
                "notes": "; ".join(result.all_notes) or None,
            },
        )
        for result in results
    ]
    return append_records(folder, records)
