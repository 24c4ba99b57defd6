"""Works out the verdicts of comparisons, and how much repeated runs differ: what is asked for, and once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from driftline import evidence, queries
from driftline.scoring import PASSES
from driftline.settings import DEFAULTS, TEXTS, Settings
from driftline.store import Store
from driftline.verdicts.captures import assess_captures
from driftline.verdicts.counts import assess_counts
from driftline.verdicts.decision import Assessed, decide_page
from driftline.verdicts.episodes import Traits, assess_pairs, differences
from driftline.verdicts.paired import Noise, locate
from driftline.verdicts.reasons import plain_reason
from driftline.verdicts.rows import Verdict, rows
from driftline.verdicts.sequential import at_look
from driftline.verdicts.words import NOT_COMPARABLE, THRESHOLD_ONLY

Row = queries.Row

# Verdicts are made of many files: they hold for a state, not for a file.
OF_NO_FILE = -1


def judge(store: Store, side: str, baseline: str, candidates: Sequence[str]) -> bool:
    """Works out what `verdicts` lacks of the baseline against each candidate. Returns whether anything was new. Keys
    are of runs (`side` is run) or of profiles. The metrics of a pair are a family of their own."""
    is_new = False
    for _ in range(PASSES):
        if side == "run":
            learn(store)
        with store.cursor() as connection:
            missing = [each for each in candidates if not queries.has_verdicts(connection, side, baseline, each)]
            found = [row for each in missing for row in _pair(connection, side, baseline, each)]
            is_outdated = queries.has_outdated_verdicts(connection)
        if not found:
            break
        store.add("verdicts", found, replaces=is_outdated)
        store.refresh()
        is_new = True
    return is_new


def learn(store: Store) -> bool:
    """Works out how much runs differ that repeat each other, as far as that is not known. Returns whether anything was
    new."""
    is_new = False
    for _ in range(PASSES):
        with store.cursor() as connection:
            found = [row for pair in queries.reruns(connection) for row in _rerun(connection, pair)]
        if not found:
            break
        store.add("reruns", found)
        store.refresh()
        is_new = True
    return is_new


def settings_of(connection: queries.Connection) -> Settings:
    """The settings of the root."""
    told: dict[str, Any] = {}
    for row in queries.verdict_settings(connection).rows:
        value = row["number"] if row["names"] is None else row["names"]
        told[row["name"]] = value[0] if row["name"] in TEXTS and value else value
    return DEFAULTS.with_values(told)


def _pair(connection: queries.Connection, side: str, baseline: str, candidate: str) -> list[Row]:
    settings, state = settings_of(connection), queries.root_state(connection)
    ask = queries.run_comparisons if side == "run" else queries.profile_comparisons
    compared = ask(connection, baseline, candidate)
    machines = queries.machines(connection, [baseline, candidate])
    known = {
        (row["platform"], row["metric"], row["scale"], row["stage"]): row for row in queries.noise(connection, side)
    }
    # Who looked until it was settled has used up a part of what may go wrong.
    settings = at_look(settings, max(machine["looks"] or 0 for machine in machines.values()))
    for row in compared:
        row["why_not"] = evidence.why_not(row, machines[baseline], machines[candidate])
        measurement = row["episode_metric"] or row["metric"]
        noise = known.get((machines[baseline]["platform"], measurement, row["scale"], row["stage"]))
        row["noise"] = evidence.enough(noise, settings)
    parts: list[tuple[str, list[Row], Traits, Assessed]] = []
    for method, assess in WAYS.items():
        rows_ = [row for row in compared if evidence.way(side, row) == method]
        if rows_:
            traits = evidence.traits(rows_, settings)
            parts.append((method, rows_, traits, assess(rows_, traits, settings)))
    found = [(row, _plain(side, row)) for row in compared if evidence.way(side, row) == evidence.THRESHOLD]
    decided = decide_page([part for *_, part in parts], settings) if parts else []
    for (method, rows_, traits, _), result in zip(parts, decided, strict=True):
        subjects = [evidence.subject(side, row, settings) for row in rows_]
        said = rows(subjects, result, traits, method, settings)
        found += [(row, evidence.less_lost(row, verdict, settings)) for row, verdict in zip(rows_, said, strict=True)]
    same = {"file_id": OF_NO_FILE, "state": state, "baseline": baseline, "candidate": candidate}
    return [{**same, **asdict(verdict)} for _, verdict in found]


def _paired(compared: list[Row], traits: Traits, settings: Settings) -> Assessed:
    noises = [row["noise"] or evidence.assumed(row["unit"], settings) for row in compared]
    noise = Noise(*(evidence.column(noises, name) for name in ("sigma", "tau", "spread", "df")))
    return assess_pairs(*_sides(compared), traits, noise, settings=settings)


def _counted(compared: list[Row], traits: Traits, _settings: Settings) -> Assessed:
    only = [evidence.column(compared, name) for name in ("baseline_only", "candidate_only")]
    both, episodes = evidence.column(compared, "both"), evidence.column(compared, "episodes")
    is_number = np.array([row["unit"] == "episodes" for row in compared])
    return assess_counts(only[0], only[1], both, episodes, is_number, traits)


def _captured(compared: list[Row], traits: Traits, settings: Settings) -> Assessed:
    known = [row["noise"] or {} for row in compared]
    sigma, df = evidence.column(known, "sigma"), evidence.column(known, "df")
    tau = np.array([evidence.assumed(row["unit"], settings)["tau"] for row in compared])
    return assess_captures(*_sides(compared), traits, sigma, df, tau, settings)


def _captured_in_turns(compared: list[Row], traits: Traits, settings: Settings) -> Assessed:
    """Captures of two profiles that took turns: pairs, between which the machine does not differ."""
    known, none = [row["noise"] or {} for row in compared], np.zeros(len(compared))
    # Two captures differ by the noise of both.
    noise = Noise(np.sqrt(2) * evidence.column(known, "sigma"), none, none, evidence.column(known, "df"))
    return assess_pairs(*_sides(compared), traits, noise, settings=settings)


# How each kind of comparison is assessed, by what the column `method` calls it.
WAYS: dict[str, Callable[[list[Row], Traits, Settings], Assessed]] = {
    evidence.EPISODES: _paired,
    evidence.OUTCOMES: _counted,
    evidence.CAPTURES: _captured,
    evidence.TURNS: _captured_in_turns,
}


def _sides(compared: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    return evidence.table(compared, "baseline_values"), evidence.table(compared, "candidate_values")


def _plain(side: str, row: Row) -> Verdict:
    """What has no pairs: of the whole run there is a single value."""
    is_comparable = evidence.is_measured(row)
    verdict = THRESHOLD_ONLY if is_comparable else NOT_COMPARABLE
    level = None if not is_comparable or row["level"] is None else "ok" if row["level"] == "ok" else "warn"
    return Verdict(
        side, row["metric"], row["reference"], row["stage"], verdict, level,
        row["delta_pct"] if is_comparable else None, None, None, None, None, None, None, None, "none", "threshold",
        plain_reason(evidence.label(row), row["delta_pct"], row["why_not"], is_comparable),
    )  # fmt: skip


def _rerun(connection: queries.Connection, pair: Row) -> list[Row]:
    """How two runs differ that repeat each other, by measurement and scale."""
    compared = queries.run_comparisons(connection, pair["baseline"], pair["candidate"])
    # To score all that was ever repeated would take long, and is not asked for.
    measured = {row["episode_metric"]: row for row in compared if row["baseline_values"] and row["reference"] is None}
    recorded_at = None if pair["recorded_at"] is None else str(pair["recorded_at"])
    same = {name: pair[name] for name in ("file_id", "reference_file_id", "platform", "baseline", "candidate")}
    # So that it is not asked again.
    nothing = {"recorded_at": recorded_at, "metric": "", "scale": "", "difference": 0.0, "variance": None, "pairs": 0}
    if not measured:
        return [{**same, **nothing}]
    chosen = list(measured.values())
    is_log = np.array([row["scale"] == "log" for row in chosen])
    changes, _ = differences(
        evidence.table(chosen, "baseline_values"), evidence.table(chosen, "candidate_values"), is_log
    )
    location = locate(changes)
    if not np.nan_to_num(changes).any():
        # A copy of a run is no repetition of it.
        return [{**same, **nothing}]
    return [
        {
            **same, "recorded_at": recorded_at, "metric": row["episode_metric"], "scale": row["scale"],
            "difference": float(location.effect[place]), "variance": float(location.variance[place]),
            "pairs": int(location.n[place]),
        }
        for place, row in enumerate(chosen)
        if location.n[place] > 1
    ]  # fmt: skip
