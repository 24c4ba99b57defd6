"""`python -m tests.bench`: how long driftline takes to open and answer, against reading the same bytes.

Exits 1 when a bound is missed or rows are wrong, 2 when something could not be measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import psutil

from tests.bench.bounds import CHANGED, bounds, main_table, relations_table
from tests.bench.generate import SIZES
from tests.bench.measure import REPOSITORY, ROUNDS, WorkerError, measure


def machine() -> str:
    """What the numbers were measured on, and how busy it was with other work."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, {memory:.0f} GB, load {psutil.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}; medians of {ROUNDS}"
    )


def say(message: str) -> None:
    if sys.stderr.isatty():
        print(message, file=sys.stderr)


def make_root(root: Path, size: str) -> None:
    """Generates in another process: what this one once held would count as the peak memory of its children."""
    if root.exists():
        say(f"{size}: using {root}")
        return
    say(f"{size}: generating")
    partial = root.with_name(f"{root.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    command = [sys.executable, "-m", "tests.bench.generate", str(partial), "--size", size]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    partial.rename(root)


def run(sizes: list[str], folder: Path, with_relations: bool) -> int:
    """Measures each size and prints its tables; the number of bounds missed and of wrong counts."""
    print(machine())
    faults = 0
    for size in sizes:
        root = folder / size
        make_root(root, size)
        measured = measure(root, size == CHANGED, say)
        runs, episodes, profiles = SIZES[size]
        print(f"\n{size}: {runs:,} runs x {episodes} episodes, {profiles:,} profiles; ", end="")
        print(f"{measured.files:,} files, {measured.megabytes:.0f} MB")
        print(main_table(measured))
        if with_relations:
            print(f"\n{relations_table(measured)}")
        held = bounds(size, measured)
        lines = [str(bound) for bound in held] + [f"WRONG: {size}, {line}" for line in measured.wrong]
        print("\n".join(["", *lines]) if lines else "", flush=True)
        faults += sum(bound.is_missed for bound in held) + len(measured.wrong)
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure opening and querying roots.")
    parser.add_argument("--sizes", default=",".join(SIZES), help=f"some of {','.join(SIZES)} (default: all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the roots here, or use those already here")
    parser.add_argument("--relations", action="store_true", help="also show what each relation's row count costs")
    arguments = parser.parse_args()
    sizes = arguments.sizes.split(",")
    if unknown := [size for size in sizes if size not in SIZES]:
        parser.error(f"unknown size {unknown[0]!r}: choose from {', '.join(SIZES)}")
    try:
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            return min(1, run(sizes, arguments.keep.resolve(), arguments.relations))
        with tempfile.TemporaryDirectory(prefix="driftline-bench-") as folder:
            return min(1, run(sizes, Path(folder).resolve(), arguments.relations))
    except (WorkerError, subprocess.CalledProcessError) as error:
        print(f"could not measure: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
