"""Works out the verdicts of comparisons, and how much repeated runs differ: what is asked for, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
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
from driftline.verdicts.paired import Noise, locate, worth_of_median
from driftline.verdicts.reasons import plain_reason
from driftline.verdicts.rows import Verdict, rows
from driftline.verdicts.sequential import at_look
from driftline.verdicts.words import NOT_COMPARABLE, THRESHOLD_ONLY

Row = queries.Row

# Verdicts are made of many files: they hold for a state, not for a file.
OF_NO_FILE = -1


def judge(
    store: Store, side: str, baseline: str, candidates: Sequence[str], model: queries.Connection | None = None
) -> bool:
    """Works out what `verdicts` lacks of the baseline against each candidate. Returns whether anything was new. Keys
    are of runs (`side` is run) or of profiles. The metrics of a pair are a family of their own. What does not depend on
    scores is asked of `model`, where one is given: a look at the same files that remembers, after `learn`; who gives it
    looks again where `sources` have changed."""
    is_new = False
    for _ in range(PASSES):
        with store.cursor() as connection:
            states = queries.judgeable(connection, side, baseline, candidates)
        missing = {row["candidate_key"]: row for row in states if not row["is_judged"]}
        if missing and side == "run" and model is None and learn(store):
            # What was learned makes a state of its own.
            is_new = True
            continue
        if not missing:
            break
        with store.cursor() as connection:
            found = _verdicts(connection, model or connection, side, baseline, missing)
        if not found:
            break
        sources = store.sources
        is_kept = store.add("verdicts", found, replaces=any(row["is_outdated"] for row in states))
        store.refresh()
        is_new = True
        # Files that changed meanwhile make another state, of which a given model knows nothing.
        if (is_kept and store.sources == sources) or model is not None:
            break
    return is_new


def learn(store: Store) -> bool:
    """Works out how much runs differ that repeat each other, as far as that is not known. Returns whether anything was
    new."""
    is_new = False
    for _ in range(PASSES):
        with store.cursor() as connection:
            pairs = queries.reruns(connection)
            keys = [(pair["baseline"], pair["candidate"]) for pair in pairs]
            values = queries.rerun_values(connection, keys) if keys else []
        of_pair = {key: list(rows_) for key, rows_ in groupby(values, key=itemgetter("baseline", "candidate"))}
        found = [row for key, pair in zip(keys, pairs, strict=True) for row in _rerun(pair, of_pair.get(key, []))]
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


def _verdicts(
    connection: queries.Connection,
    model: queries.Connection,
    side: str,
    baseline: str,
    candidates: Mapping[str, Row],
) -> list[Row]:
    """The rows of every pair: candidates by key, with the state in which the verdicts hold."""
    settings, machines, keys = settings_of(model), queries.machines(model, side), list(candidates)
    known = {(row["platform"], row["metric"], row["scale"], row["stage"]): row for row in queries.noise(model, side)}
    if side == "run":
        repeated = {key: [key, *machines[key]["repeats"]] for key in (baseline, *keys)}
        compared = queries.run_comparisons(connection, baseline, keys, repeated)
    else:
        compared = queries.profile_comparisons(connection, baseline, keys)
    found: list[Row] = []
    for key, rows_ in groupby(compared, key=itemgetter("candidate_key")):
        state = {name: candidates[key][name] for name in ("state", "scores")}
        same = {"file_id": OF_NO_FILE, **state, "baseline": baseline, "candidate": key}
        decided = _pair(side, list(rows_), (machines[baseline], machines[key]), known, settings)
        found += [{**same, **vars(verdict)} for verdict in decided]
    return found


def _pair(
    side: str, compared: list[Row], machines: tuple[Row, Row], known: Mapping[Any, Row], settings: Settings
) -> list[Verdict]:
    # Who looked until it was settled has used up a part of what may go wrong.
    settings = at_look(settings, max(machine["looks"] or 0 for machine in machines))
    for row in compared:
        row["why_not"] = evidence.why_not(row, *machines)
        measurement = row["episode_metric"] or row["metric"]
        noise = known.get((machines[0]["platform"], measurement, row["scale"], row["stage"]))
        row["noise"] = evidence.enough(noise, settings)
    by_way: dict[str, list[Row]] = {}
    for row in compared:
        by_way.setdefault(evidence.way(side, row), []).append(row)
    found = [_plain(side, row) for row in by_way.pop(evidence.THRESHOLD, [])]
    parts: list[tuple[str, list[Row], Traits, Assessed]] = []
    for method, rows_ in by_way.items():
        traits = evidence.traits(rows_)
        parts.append((method, rows_, traits, WAYS[method](rows_, traits, settings)))
    decided = decide_page([part for *_, part in parts], settings) if parts else []
    for (method, rows_, traits, _), result in zip(parts, decided, strict=True):
        subjects = [evidence.subject(side, row, settings) for row in rows_]
        said = rows(subjects, result, traits, method, settings)
        found += [evidence.qualified(row, verdict, settings) for row, verdict in zip(rows_, said, strict=True)]
    return found


def _paired(compared: list[Row], traits: Traits, settings: Settings) -> Assessed:
    noises = [row["noise"] or evidence.assumed(row["unit"], settings) for row in compared]
    noise = Noise(*(evidence.column(noises, name) for name in ("sigma", "tau", "spread", "df")))
    sides = (evidence.column(compared, f"{side}_runs") for side in ("baseline", "candidate"))
    base, other = map(worth_of_median, sides)
    # Both sides have tau^2 / runs each: 2 tau^2 over the harmonic mean of both.
    return assess_pairs(*_sides(compared), traits, noise, 2 / (1 / base + 1 / other), settings)


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


def _rerun(pair: Row, chosen: list[Row]) -> list[Row]:
    """How two runs differ that repeat each other, by measurement and scale."""
    recorded_at = None if pair["recorded_at"] is None else str(pair["recorded_at"])
    same = {name: pair[name] for name in ("file_id", "reference_file_id", "platform", "baseline", "candidate")}
    # So that it is not asked again.
    nothing = {"recorded_at": recorded_at, "metric": "", "scale": "", "difference": 0.0, "variance": None, "pairs": 0}
    if not chosen:
        return [{**same, **nothing}]
    is_log = np.array([row["scale"] == "log" for row in chosen])
    changes, _ = differences(*_sides(chosen), is_log)
    location = locate(changes)
    if not np.nan_to_num(changes).any():
        # A copy of a run is no repetition of it.
        return [{**same, **nothing}]
    return [
        {
            **same, "recorded_at": recorded_at, "metric": row["metric"], "scale": row["scale"],
            "difference": float(location.effect[place]), "variance": float(location.variance[place]),
            "pairs": int(location.n[place]),
        }
        for place, row in enumerate(chosen)
        if location.n[place] > 1
    ]  # fmt: skip
