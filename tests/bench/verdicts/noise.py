"""The relation `noise` over evidence that was just made up or measured: the very SQL of the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

import driftline
from driftline.artifacts.rows import columns

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SQL = Path(driftline.__file__).with_name("sql")
EVIDENCE = {
    "platform": "'x'", "side": "'run'", "metric": "'m'", "scale": "'log'", "stage": "null", "baseline": "null",
    "candidate": "null", "recorded_at": "null", "variance": "null", "pairs": "1",
}  # fmt: skip


def noise_of(evidence: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of `noise`, a row a metric, over rows with `difference` and what else of EVIDENCE they have."""
    with duckdb.connect() as connection:
        connection.register("evidence", evidence)
        stated = {**EVIDENCE, **{name: name for name in evidence.columns}}
        told = ", ".join(f"({value})::{type_} as {name}" for name, type_ in columns("noise").items()
                         if (value := "0" if name == "file_id" else stated[name]))  # fmt: skip
        connection.execute(f"create table source_noise as select {told} from evidence")
        for kind in ("reruns", "artifacts"):
            empty = ", ".join(f"null::{type_} as {name}" for name, type_ in columns(kind).items())
            connection.execute(f"create table source_{kind} as select {empty} where false")
        connection.execute("create table metrics (metric varchar, unit varchar)")
        connection.execute("create table canary_stage (stage varchar)")
        connection.execute((SQL / "175_noise.sql").read_text(encoding="utf-8"))
        found: dict[str, np.ndarray] = connection.execute(
            "select sigma, tau, spread, df::double as df from noise order by try_cast(metric as integer)"
        ).fetchnumpy()
        return found
