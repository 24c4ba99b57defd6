"""Writes the README of a root that the demo has filled; what it says about the machine is read, not typed in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from driftline.demo.artifacts import write_text
from driftline.demo.corpus import DATASET_ID, REFERENCE_ID, Episode
from driftline.demo.releases import RELEASES, Release, changed_settings

_TEXT = """\
# The shipped root

These artifacts were really measured. `python -m driftline.demo --out DIR --hostname NAME` (`make data`) wrote every
file here: it ran a small extractive map/reduce summarizer over {episodes} interviews, release after release, and
measured it. No number was typed in. Run it again and the texts, scores and gates come out the same, as long as the
code is the same; times, CPU and memory are those of the machine.

The interviews and their reference summaries are invented and were written for this demo: people, places and sponsors
do not exist. They are in `src/driftline/demo/transcripts` and `src/driftline/demo/references`.

## Releases

Every release is v0.1 with one setting changed. `driftline.demo.releases` has them, each `fingerprint.json` shows them.

| release | setting changed | what it is |
|---|---|---|
{releases}

v0.1 is the promoted baseline (`eval/baselines`). `eval/runs/aa` holds the same configuration run again without any
change, each finished before it: how much two runs differ when nothing differs. `eval/references/silver/{reference}`
holds the summaries that all runs are scored against. The dataset is `{dataset}`.

## How it was measured

- Everything is measured in processes of their own, numerical libraries on one thread; runs are warmed up on two
  episodes, profiles by one execution that is thrown away.
- Runs were measured in rounds; every round went through all runs in the order of the table, repeats first. The latency
  of an episode is the wall time of its map and reduce steps in the fastest pass of all rounds (`fingerprint.json` says
  how many passes). A failed episode has no latency.
- Profiles were frozen as `driftline profile freeze` does it, in rounds through all releases too. They hold the medians
  of their captures, and each capture. Time and memory are those of the whole process, from its start to its end; a
  sample belongs to the stage that was open when it was taken.
- Tokens are characters divided by four. ROUGE is that of the `rouge-score` package, with stemming.
- The machine: {cpu}, {cores} logical cores, {ram} GB of memory,
  {os}, Python {python}. The host name in the profiles is the one given on the command line.
"""


def write_readme(root: Path, episodes: Sequence[Episode]) -> None:
    """`README.md` of the root; what it says of the machine is what a profile says."""
    profile = yaml.safe_load((root / f"profiles/{RELEASES[0].name}.yaml").read_text(encoding="utf-8"))
    environment = profile["environment"]
    text = _TEXT.format(
        episodes=len(episodes),
        releases="\n".join(_row(release) for release in RELEASES),
        reference=REFERENCE_ID,
        dataset=DATASET_ID,
        cpu=environment["cpu"],
        cores=environment["cpu_cores_logical"],
        ram=environment["ram_total_gb"],
        os=environment["os"],
        python=environment["python"],
    )
    write_text(root / "README.md", text)


def _row(release: Release) -> str:
    changed = changed_settings(release.configuration)
    settings = ", ".join(f"`{name}` = `{value}`" for name, value in changed.items()) or "none"
    return f"| {release.name} | {settings} | {release.change} |"
