"""`profile freeze --against`: two commands are captured in turns, as often as asked or until it is settled."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from console import Run
from driftline.deciding import METRICS, is_settled
from driftline.lifecycle import turns
from driftline.lifecycle.captures import Capture
from driftline.lifecycle.plan import Plan
from driftline.lifecycle.turns import FIRST_LOOK, split_commands, take_turns
from driftline.metrics import Metric
from driftline.settings import DEFAULTS
from driftline.verdicts.sequential import at_look, share_of_look
from roots import Root

pytest_plugins = ("console",)


def program(log: Path, word: str, seconds: float) -> list[str]:
    code = f"import time; open({str(log)!r}, 'a').write({word!r}); time.sleep({seconds})"
    return [sys.executable, "-c", code]


def test_both_are_captured_in_turns_and_judged_as_pairs(root: Root, driftline: Run, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = ("--version", "new", "--against", "old", "--runs", 3, "--warmup", 1, "--sample-interval", 0.02)
    commands = [*program(log, "n", 0.4), "--vs", *program(log, "o", 0.05)]
    ended = driftline("profile", "freeze", *options, "--root", root.folder, "--", *commands)

    assert (ended.code, ended.out) == (0, "")
    assert log.read_text() == "nononono"
    measured = [yaml.safe_load((root.folder / f"profiles/{name}.yaml").read_text()) for name in ("new", "old")]
    assert [profile["measurement"]["captures"] for profile in measured] == [3, 3]
    assert measured[0]["measurement"]["rounds"] == measured[1]["measurement"]["rounds"]
    assert all("looks" not in profile["measurement"] for profile in measured)
    told = driftline("compare", "old", "new", "--all", "--root", root.folder).out
    assert "Wall time" in told
    assert root.rows("select distinct method from source_verdicts where n_captures is not null") == [
        ("captures in turns",)
    ]


def test_where_one_fails_neither_is_written(root: Root, driftline: Run, tmp_path: Path) -> None:
    once = tmp_path / "once"
    fails = f"import os, sys; sys.exit(7) if os.path.exists({str(once)!r}) else open({str(once)!r}, 'w')"
    options = ("--version", "new", "--against", "old", "--runs", 3, "--warmup", 0, "--root", root.folder)
    commands = [*program(tmp_path / "log", "n", 0), "--vs", sys.executable, "-c", fails]
    ended = driftline("profile", "freeze", *options, "--", *commands)

    assert (ended.code, "old: the command exited with 7" in ended.err) == (7, True)
    assert sorted(path.name for path in (root.folder / "profiles").iterdir()) == [
        "new.partial.yaml",
        "old.partial.yaml",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--against", "old", "--", "true"), "--against needs the other command too"),
        (("--against", "old", "--", "true", "--vs"), "a command is missing beside --vs"),
        (("--against", "new", "--", "true", "--vs", "true"), "a profile is not measured against itself"),
        (("--against", "../old", "--", "true", "--vs", "true"), "'../old' is no version"),
        (("--until-decided", "--", "true"), "--until-decided needs something to decide"),
        (("--against", "there", "--", "true", "--vs", "true"), "there.yaml is there already"),
    ],
)
def test_what_cannot_be_asked_exits_with_2(
    root: Root, driftline: Run, arguments: tuple[str, ...], message: str
) -> None:
    root.profile("there", {"release": "x", "stages": {}})
    ended = driftline("profile", "freeze", "--version", "new", "--root", root.folder, *arguments)
    assert (ended.code, message in ended.err) == (2, True)
    assert not (root.folder / "profiles/new.yaml").exists()


def test_the_commands_are_split_at_the_first_vs() -> None:
    assert split_commands(["a", "-x", "--vs", "b", "--vs"]) == (["a", "-x"], ["b", "--vs"])


class Told:
    """A capture of which only the totals are asked."""

    def __init__(self, wall_s: float, rss_mb: float = 100.0) -> None:
        self._totals = dict(zip(METRICS, (wall_s, rss_mb), strict=True))
        self.execution = type("Ended", (), {"exit_code": 0, "reason": ""})()

    def totals(self) -> dict[str, float]:
        return self._totals


REGISTRY = {
    name: Metric(name, name, unit, "lower", "log", "cost", True, 10.0, 25.0, None, None, None, 1, "")
    for name, unit in zip(METRICS, ("s", "MB"), strict=True)
}


def looked(monkeypatch: pytest.MonkeyPatch, ratio: float, noise: float, runs: int = 40, seed: int = 1) -> turns.Turns:
    """Turns of two commands of which one takes so many times as long."""
    rng = np.random.default_rng(seed)

    def measured(plan: Plan, _number: int, _trace: Any = None) -> tuple[Any, list[str]]:
        return Told((ratio if plan.version == "new" else 1.0) * float(np.exp(noise * rng.standard_normal()))), []

    monkeypatch.setattr(turns, "measure", measured)
    plans = [Plan(name, Path(f"{name}.yaml"), ["true"], runs=runs, warmups=0) for name in ("new", "old")]
    return take_turns(plans, lambda _line: None, None, lambda sides, look: is_settled(REGISTRY, sides, look))


def test_it_ends_as_soon_as_it_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    clear = looked(monkeypatch, 1.5, 0.02)
    hard = looked(monkeypatch, 1.1, 0.05)

    assert FIRST_LOOK <= len(clear.captures["new"]) < len(hard.captures["new"]) < 40
    assert clear.looks == len(clear.captures["new"]) - FIRST_LOOK + 1


def test_without_an_end_it_takes_all_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(looked(monkeypatch, 1.0, 0.5, runs=12).captures["old"]) == 12


def test_looking_often_raises_no_false_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 300 sessions of up to 23 looks 3 may be wrong; without the shares of the looks it is 3 in 100."""

    def alarm(seed: int) -> bool:
        ended = looked(monkeypatch, 1.0, 0.3, runs=25, seed=seed)
        sides: list[list[Capture]] = [ended.captures["new"], ended.captures["old"]]
        walls = [[capture.totals()["wall_time_s"] for capture in side] for side in sides]
        effect = np.mean(np.log(walls[0])) - np.mean(np.log(walls[1]))
        return len(walls[0]) < 25 and abs(float(effect)) > np.log(1.1)

    assert sum(alarm(seed) for seed in range(300)) <= 3


def test_the_shares_of_all_looks_are_no_more_than_one() -> None:
    assert sum(share_of_look(look) for look in range(1, 10_000)) < 1
    assert at_look(DEFAULTS, 0) == DEFAULTS
    assert at_look(DEFAULTS, 2).page_q < at_look(DEFAULTS, 1).page_q < DEFAULTS.page_q
