"""Makes a root of any size from a seed: the same arguments give the same bytes.

`python -m tests.bench.generate OUT --size medium` writes one into a new or empty directory.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.bench.profiles import write_profiles
from tests.bench.prose import Prose
from tests.bench.runs import plan, write_run

SIZES = {"small": (100, 50, 50), "medium": (500, 200, 200), "large": (2_000, 200, 1_000)}


def generate(root: Path, runs: int, episodes: int, profiles: int, seed: int = 7) -> None:
    """Writes a root of that many runs of that many episodes each, and profiles, into an empty directory."""
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise FileExistsError(f"{root} is not empty")
    releases = max(2, profiles // 3)
    prose = Prose(seed, words=min(2_000_000, 50_000 + runs * episodes * 20))
    planned = plan(runs, releases, seed)
    references = [run for run in planned if run.place.startswith("references")]
    for number, run in enumerate(planned, 1):
        write_run(root / "eval", run, references, episodes, prose, seed)
        if number % 50 == 0 and sys.stderr.isatty():
            print(f"generate: {number} of {runs} runs", file=sys.stderr)
    write_profiles(root / "profiles", profiles, releases, seed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.generate", description="Make a root for measuring.")
    parser.add_argument("out", type=Path, help="a new or empty directory")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    try:
        generate(arguments.out, *SIZES[arguments.size], seed=arguments.seed)
    except FileExistsError as error:
        print(f"{error}; name a new directory", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
