"""Reads the JSON objects of a run: metrics.json (nested, flat), fingerprint.json, baseline.json, run_summary.json."""

from __future__ import annotations

import json
from typing import Any

from driftline.artifacts.decode import json_object
from driftline.artifacts.rows import Batch, Row
from driftline.artifacts.values import count, excerpt, moment, number, storable, text
from driftline.errors import Problems

RATES = ("boilerplate_leak_rate", "speaker_label_leak_rate", "truncation_rate", "speaker_name_leak_rate")
LENGTHS = {"avg_tokens": "avg_output_tokens", "min_tokens": "min_output_tokens", "max_tokens": "max_output_tokens"}
MILLISECONDS = {
    "avg_latency_ms": "avg_latency_s",
    "median_latency_ms": "median_latency_s",
    "p95_latency_ms": "p95_latency_s",
    "avg_latency_ms_excluding_first": "avg_latency_excluding_first_s",
}
SECONDS = ("avg_latency_s", "median_latency_s", "p95_latency_s", "total_runtime_s")
COSTS = ("total_cost_usd", "avg_cost_usd")
UNIT_SCORES = ("rouge1_f1", "rouge2_f1", "rougeL_f1", "bleu", "numbers_retained")
GATES = {
    "boilerplate": "boilerplate_failures",
    "speaker_label": "speaker_label_failures",
    "truncation": "truncation_failures",
}
NOT_SCORES = ("reference_quality", "error", "reference_id")
MAX_SCORES = 200


def mapping(parent: dict[str, Any], name: str, problems: Problems) -> dict[str, Any]:
    """The object below `name`; missing or null is empty in silence, anything else is empty with a warning."""
    value = parent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        problems.warning(f"{name} is not an object: {excerpt(value)}", "write an object; the rest is loaded")
        return {}
    return value


class _Values:
    """Gathers the metric values of one file."""

    def __init__(self, run: str, artifact: str, problems: Problems) -> None:
        self.run, self.artifact, self.problems = run, artifact, problems
        self.rows: list[Row] = []

    def put(self, metric: str, value: float | None, reference: str | None = None, order: int | None = None) -> None:
        if value is not None:
            row = {"metric": metric, "reference": reference, "reference_order": order, "value": value}
            self.rows.append({"run": self.run, "artifact": self.artifact, **row})

    def take(
        self, source: dict[str, Any], name: str, metric: str, scale: float = 1.0, high: float | None = None
    ) -> None:
        value = number(source.get(name), name, self.problems, low=0, high=high)
        self.put(metric, None if value is None else value / scale)


def read_metrics(data: bytes, run: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """Aggregates, gates and reference scores of metrics.json, in either form; latencies in seconds."""
    content = json_object(data, problems)
    if content is None:
        return
    values = _Values(run, "metrics", problems)
    flat = isinstance(content.get("episodes"), dict) and "intrinsic" not in content
    intrinsic = content if flat else mapping(content, "intrinsic", problems)
    gates = mapping(intrinsic, "gates", problems)
    for rate in RATES:
        values.take(gates, rate, rate, high=1)
    if "speaker_name_leak_rate" not in gates:
        values.take(
            mapping(intrinsic, "warnings", problems), "speaker_name_leak_rate", "speaker_name_leak_rate", high=1
        )
    _lengths_and_costs(values, intrinsic)
    episodes = mapping(content, "episodes", problems) if flat else {}
    total = count(episodes.get("total") if flat else content.get("episode_count"), "episode_count", problems)
    if flat:
        values.take(episodes, "failed", "failed_listed")
    _references(values, content, flat)
    _gate_rows(batch, file_id, run, gates, values)
    for row in values.rows:
        batch.add("run_values", file_id, row)
    facts = {name: text(content.get(name)) for name in ("dataset_id", "task")}
    batch.add("run_facts", file_id, {"run": run, "artifact": "metrics", "episode_count": total, **facts})


def _lengths_and_costs(values: _Values, intrinsic: dict[str, Any]) -> None:
    length = mapping(intrinsic, "length", values.problems)
    for name, metric in LENGTHS.items():
        values.take(length, name, metric)
    performance = mapping(intrinsic, "performance", values.problems)
    for name, metric in MILLISECONDS.items():
        values.take(performance, name, metric, scale=1000)
    for metric in SECONDS:
        values.take(performance, metric, metric)
    cost = mapping(intrinsic, "cost", values.problems)
    for metric in COSTS:
        values.take(cost, metric, metric)


def _references(values: _Values, content: dict[str, Any], flat: bool) -> None:
    entries = mapping(content, "vs_reference", values.problems)
    if flat and "reference_id" in entries:
        entries = {text(entries["reference_id"]) or "unknown": entries}
    for order, (reference, entry) in enumerate(entries.items()):
        name = storable(reference).strip()
        if not isinstance(entry, dict):
            values.problems.warning(f"scores against {excerpt(name)} are not an object", "write an object")
        elif entry.get("error"):
            values.problems.warning(
                f"scores against {excerpt(name)} are an error: {excerpt(entry['error'])}", "score the run again"
            )
        else:
            _scores(values, entry, name, order)


def _scores(values: _Values, entry: dict[str, Any], reference: str, order: int) -> None:
    scores = dict(entry)
    rouge = scores.pop("rouge", None)
    if isinstance(rouge, dict):
        scores |= {name if name.endswith("_f1") else f"{name}_f1": value for name, value in rouge.items()}
    for matching in ("exact", "overlap"):
        block = scores.pop(matching, None)
        if isinstance(block, dict):
            scores |= {f"ner_{matching}_{name}": block.get(name) for name in ("precision", "recall", "f1")}
    for name in list(scores)[:MAX_SCORES]:
        value = scores[name]
        if name in NOT_SCORES or value is None or isinstance(value, (dict, list, bool)):
            continue
        if isinstance(value, str) and name not in UNIT_SCORES:
            continue
        unit = name in UNIT_SCORES or name.startswith("ner_")
        cleaned = number(value, name, values.problems, low=0 if unit else None, high=1 if unit else None)
        values.put(storable(name), cleaned, reference, order)


def _gate_rows(batch: Batch, file_id: int, run: str, gates: dict[str, Any], values: _Values) -> None:
    failed = gates.get("failed_episodes")
    if isinstance(failed, list):
        if len(set(map(str, failed))) < len(failed):
            values.problems.warning("failed_episodes names an episode more than once", "list every episode once")
        named = dict.fromkeys(filter(None, map(text, failed)))
        if not all(map(text, failed)):
            values.problems.warning("failed_episodes holds what is no episode id", "write a list of episode ids")
        for episode in named:
            batch.add("run_gates", file_id, {"run": run, "episode_id": episode, "gate": "failed"})
        values.put("failed_listed", float(len(named)))
    elif failed is not None:
        values.problems.warning(f"failed_episodes is not a list: {excerpt(failed)}", "write a list of episode ids")
    failures = gates.get("episode_gate_failures")
    if failures is None:
        return
    if not isinstance(failures, dict):
        values.problems.warning("episode_gate_failures is not an object", "write {episode: [gate, …]}")
        return
    counts = dict.fromkeys(GATES.values(), 0)
    for episode, names in failures.items():
        for name in sorted({text(n) or "" for n in names} - {""}) if isinstance(names, list) else []:
            batch.add("run_gates", file_id, {"run": run, "episode_id": storable(episode).strip(), "gate": name})
            metric = GATES.get(name.removesuffix("_leak"))
            if metric:
                counts[metric] += 1
    for metric, failures_counted in counts.items():
        values.put(metric, float(failures_counted))
    values.put("gate_failures", float(sum(counts.values())))


def read_fingerprint(data: bytes, run: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """Release, dataset, model and every configuration key of fingerprint.json."""
    content = json_object(data, problems)
    if content is None:
        return
    context = mapping(content, "run_context", problems)
    git = mapping(context, "git", problems)
    facts: Row = {
        "dataset_id": text(context.get("dataset_id")) or text(content.get("dataset_id")),
        "task": text(context.get("task")) or text(content.get("task")),
        "model": _model(mapping(mapping(content, "pipeline", problems), "stages", problems)),
        "created_at": moment(context.get("run_id")),
        "release": text(context.get("release")) or text(content.get("release")),
        "git_commit": text(git.get("commit")),
    }
    batch.add("run_facts", file_id, {"run": run, "artifact": "fingerprint", **facts})
    leaves = json.dumps(dict(flatten(content)), ensure_ascii=False)
    batch.add("fingerprints", file_id, {"run": run, "leaves": leaves})


def _model(stages: dict[str, Any]) -> str | None:
    names = []
    for stage in ("main", "map", "reduce"):
        entry = stages.get(stage)
        model = entry.get("model") if isinstance(entry, dict) else None
        name = text(model.get("model_name")) if isinstance(model, dict) else None
        if name and stage == "main":
            return name
        if name:
            names.append(name)
    return " + ".join(names) or None


def flatten(content: dict[str, Any], limit: int = 2000) -> list[tuple[str, str | None]]:
    """Dotted key and text of every leaf, in the file's order; at most `limit`. Lists are leaves, as JSON."""
    leaves: list[tuple[str, str | None]] = []
    pending: list[tuple[str, Any]] = [("", content)]
    while pending and len(leaves) < limit:
        name, value = pending.pop()
        if isinstance(value, dict) and (value or not name):
            inner = [(f"{name}.{key}" if name else str(key), entry) for key, entry in value.items()]
            pending.extend(reversed(inner))
        else:
            leaves.append((storable(name), _leaf(value)))
    return leaves


def _leaf(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return None if value is None else storable(value)
    if isinstance(value, bool):
        return str(value).lower()
    return storable(str(value)) if isinstance(value, (int, float)) else storable(json.dumps(value, ensure_ascii=False))


def read_baseline(data: bytes, run: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """Dataset, task, backend and creation time of baseline.json."""
    content = json_object(data, problems)
    if content is None:
        return
    backend = mapping(content, "backend", problems)
    both = [text(backend.get(name)) for name in ("map_model", "reduce_model")]
    created = content.get("created_at")
    created_at = moment(created)
    if created is not None and created_at is None:
        problems.warning(f"created_at is no ISO time: {excerpt(created)}", "write it as 2026-04-10T09:18:35Z")
    facts: Row = {
        "dataset_id": text(content.get("dataset_id")),
        "task": text(content.get("task")),
        "model": text(backend.get("model")) or " + ".join(filter(None, both)) or None,
        "created_at": created_at,
    }
    batch.add("run_facts", file_id, {"run": run, "artifact": "baseline", **facts})


def read_run_summary(data: bytes, run: str, file_id: int, batch: Batch, problems: Problems) -> None:
    """The aggregates that run_summary.json lays over the others; a broken one is left out with a warning."""
    inner = Problems()
    content = json_object(data, inner)
    for problem in inner:
        problems.warning(problem.problem, "the aggregates of metrics.json stand; write the file again", problem.line)
    if content is None:
        return
    values = _Values(run, "run_summary", problems)
    for metric in ("avg_output_tokens", "avg_latency_s"):
        values.take(content, metric, metric)
    failures = mapping(content, "gate_failures", problems)
    counted = {metric: count(failures.get(gate), f"gate_failures.{gate}", problems) for gate, metric in GATES.items()}
    for metric, failed in counted.items():
        values.put(metric, None if failed is None else float(failed))
    known = [failed for failed in counted.values() if failed is not None]
    values.put("gate_failures", float(sum(known)) if len(known) == len(GATES) else None)
    for row in values.rows:
        batch.add("run_values", file_id, row)
    models = mapping(content, "models", problems)
    both = [text(models.get(name)) for name in ("map", "reduce")]
    facts = {"dataset_id": text(content.get("dataset_id")), "model": " + ".join(filter(None, both)) or None}
    batch.add("run_facts", file_id, {"run": run, "artifact": "run_summary", **facts})
