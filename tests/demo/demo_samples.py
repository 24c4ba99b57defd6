"""Episodes and small functions that the tests of the demo share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from driftline.demo.corpus import load_corpus
from driftline.demo.pipeline import EpisodeResult

SHIPPED = Path(__file__).parents[2] / "data"
CORPUS = load_corpus()
LABELLED_BY_NUMBER, MALFORMED_TIMECODE = CORPUS[1], CORPUS[9]
FEW = (CORPUS[0], LABELLED_BY_NUMBER)


def texts(results: Sequence[EpisodeResult]) -> list[str]:
    return [result.summary.text if result.summary else "" for result in results]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def flat(value: object, prefix: str = "") -> dict[str, object]:
    if not isinstance(value, dict):
        return {prefix: value}
    return {key: leaf for name, part in value.items() for key, leaf in flat(part, f"{prefix}.{name}").items()}
