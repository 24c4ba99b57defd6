"""Works out the verdicts of comparisons, and how much repeated runs differ: what is asked for, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline import evidence, queries
from driftline.scoring import PASSES
from driftline.settings import DEFAULTS, TEXTS, Settings
from driftline.store import Store
from driftline.verdicts.captures import compare_captures
from driftline.verdicts.counts import compare_counts
from driftline.verdicts.episodes import compare_pairs, differences
from driftline.verdicts.paired import Noise, locate
from driftline.verdicts.reasons import plain_reason
from driftline.verdicts.rows import Verdict, rows
from driftline.verdicts.sequential import at_look
from driftline.verdicts.words import NOT_COMPARABLE, THRESHOLD_ONLY

if TYPE_CHECKING:
    from driftline.artifacts.rows import Row

# Verdicts are made of many files: they hold for a state, not for a file.
OF_NO_FILE = -1
UNSTATED = "unstated"


def judge(store: Store, baseline: str, candidates: Sequence[str]) -> bool:
    """Works out what `verdicts` lacks of the baseline against each candidate, and of the page with all of them.
    Returns whether anything was new. Keys are runs or profiles, all of one kind."""
    pages = [[candidate] for candidate in candidates] + ([sorted(candidates)] if len(candidates) > 1 else [])
    is_new = False
    for _ in range(PASSES):
        learn(store)
        with store.cursor() as connection:
            missing = [page for page in pages if not queries.has_verdicts(connection, baseline, page)]
            found = [row for page in missing for row in _page(connection, baseline, page)]
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


def _page(connection: queries.Connection, baseline: str, page: list[str]) -> list[Row]:
    settings, state = settings_of(connection), queries.root_state(connection)
    is_run = queries.is_run(connection, baseline)
    ask = queries.run_comparisons if is_run else queries.profile_comparisons
    compared = [row for candidate in page for row in ask(connection, baseline, candidate)]
    machines = queries.machines(connection, [baseline, *page])
    for row in compared:
        row["why_not"] = evidence.why_not(row, machines[baseline], machines[row["candidate_key"]])
    platform = machines[baseline]["platform"] or UNSTATED
    # Who looked until it was settled has used up a part of what may go wrong.
    settings = at_look(settings, max(machine["looks"] or 0 for machine in machines.values()))
    found = (_judge_runs if is_run else _judge_profiles)(connection, platform, compared, settings)
    same = {"file_id": OF_NO_FILE, "state": state, "page": page, "baseline": baseline}
    return [{**same, "candidate": row["candidate_key"], **asdict(verdict)} for row, verdict in found]


Judged = list[tuple["Row", Verdict]]


def _judge_runs(connection: queries.Connection, platform: str, compared: list[Row], settings: Settings) -> Judged:
    known = {(row["platform"], row["metric"], row["scale"]): row for row in queries.noise(connection, "run")}
    paired, counted, others = [], [], []
    for row in compared:
        row["noise"] = evidence.enough(known.get((platform, row["episode_metric"], row["scale"])), settings)
        if row["baseline_values"] and not row["why_not"]:
            paired.append(row)
        elif row["outcome"] and row["episodes"] and evidence.is_measured(row):
            counted.append(row)
        else:
            others.append(row)
    return [*_paired(paired, settings), *_counted(counted, settings), *((row, _plain("run", row)) for row in others)]


def _judge_profiles(connection: queries.Connection, platform: str, compared: list[Row], settings: Settings) -> Judged:
    known = {
        (row["platform"], row["metric"], row["stage"] or evidence.TOTALS): row
        for row in queries.noise(connection, "profile")
    }
    captured: list[Row] = []
    in_turns: list[Row] = []
    others: list[Row] = []
    for row in compared:
        row["noise"] = evidence.enough(known.get((platform, row["metric"], row["stage"])), settings)
        is_able = row["baseline_values"] and row["candidate_values"] and row["scale"] == "log" and not row["why_not"]
        (others if not is_able else in_turns if row["is_in_turns"] else captured).append(row)
    found = [*_captured(captured, settings), *_captured_in_turns(in_turns, settings)]
    return found + [(row, _plain("profile", row)) for row in others]


def _paired(compared: list[Row], settings: Settings) -> Judged:
    if not compared:
        return []
    traits = evidence.traits(compared, settings)
    noises = [row["noise"] or evidence.assumed(row["unit"], settings) for row in compared]
    noise = Noise(*(evidence.column(noises, name) for name in ("sigma", "tau", "spread", "df")))
    baseline, candidate = (evidence.table(compared, f"{side}_values") for side in ("baseline", "candidate"))
    result = compare_pairs(baseline, candidate, traits, noise, settings=settings)
    subjects = [evidence.subject("run", row, settings) for row in compared]
    return list(zip(compared, rows(subjects, result, traits, "paired episodes", settings), strict=True))


def _counted(compared: list[Row], settings: Settings) -> Judged:
    if not compared:
        return []
    traits = evidence.traits(compared, settings)
    only = [evidence.column(compared, name) for name in ("baseline_only", "candidate_only")]
    both, episodes = evidence.column(compared, "both"), evidence.column(compared, "episodes")
    result = compare_counts(only[0], only[1], both, episodes, traits, settings)
    subjects = [evidence.subject("run", row, settings) for row in compared]
    return list(zip(compared, rows(subjects, result, traits, "paired outcomes", settings), strict=True))


def _captured(compared: list[Row], settings: Settings) -> Judged:
    if not compared:
        return []
    traits = evidence.traits(compared, settings)
    known = [row["noise"] or {} for row in compared]
    sigma, df = evidence.column(known, "sigma"), evidence.column(known, "df")
    assumed = np.array([evidence.assumed(row["unit"], settings)["tau"] for row in compared])
    baseline, candidate = (evidence.table(compared, f"{side}_values") for side in ("baseline", "candidate"))
    result = compare_captures(baseline, candidate, traits, sigma, df, assumed, settings)
    subjects = [evidence.subject("profile", row, settings) for row in compared]
    return list(zip(compared, rows(subjects, result, traits, "captures", settings), strict=True))


def _captured_in_turns(compared: list[Row], settings: Settings) -> Judged:
    """Captures of two profiles that took turns: pairs, between which the machine does not differ."""
    if not compared:
        return []
    traits = evidence.traits(compared, settings)
    known = [row["noise"] or {} for row in compared]
    none = np.zeros(len(compared))
    # Two captures differ by the noise of both.
    noise = Noise(np.sqrt(2) * evidence.column(known, "sigma"), none, none, evidence.column(known, "df"))
    baseline, candidate = (evidence.table(compared, f"{side}_values") for side in ("baseline", "candidate"))
    result = compare_pairs(baseline, candidate, traits, noise, settings=settings)
    subjects = [evidence.subject("profile", row, settings) for row in compared]
    return list(zip(compared, rows(subjects, result, traits, "captures in turns", settings), strict=True))


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
    if not measured:
        return []
    chosen = list(measured.values())
    is_log = np.array([row["scale"] == "log" for row in chosen])
    changes, _ = differences(
        evidence.table(chosen, "baseline_values"), evidence.table(chosen, "candidate_values"), is_log
    )
    location = locate(changes)
    recorded_at = None if pair["recorded_at"] is None else str(pair["recorded_at"])
    same = {name: pair[name] for name in ("file_id", "reference_file_id", "platform", "baseline", "candidate")}
    return [
        {
            **same, "recorded_at": recorded_at, "metric": row["episode_metric"], "scale": row["scale"],
            "difference": float(location.effect[place]), "variance": float(location.variance[place]),
            "pairs": int(location.n[place]),
        }
        for place, row in enumerate(chosen)
        if location.n[place] > 1
    ]  # fmt: skip
