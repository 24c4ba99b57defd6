"""The program whose profiles the demo freezes: one execution of one release, its stages marked."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from driftline.demo.corpus import load_corpus
from driftline.demo.pipeline import execute
from driftline.demo.releases import release_named


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the pipeline, and writes down how many episodes did not fail."""
    parser = argparse.ArgumentParser(description="One execution of one release of the demo, to be measured.")
    parser.add_argument("release")
    parser.add_argument("output", type=Path)
    options = parser.parse_args(arguments)
    results = execute(load_corpus(), release_named(options.release).configuration)
    processed = sum(result.error is None for result in results)
    options.output.write_text(json.dumps({"episodes_processed": processed}), encoding="utf-8")


if __name__ == "__main__":
    main()
