"""Damage to the files of a run."""

from __future__ import annotations

from damage import (
    BAD,
    DEEP_LIST,
    Damage,
    bad_file,
    bad_metrics,
    error,
    kpi,
    status,
    warning,
)
from roots import metrics

WHOLE_FILE = [
    Damage(
        "truncated",
        bad_file("metrics.json", '{"episode_count": 2,\n "intr'),
        error("metrics.json", 2),
        status(),
        [("degraded",)],
    ),
    Damage(
        "empty file",
        bad_file("metrics.json", ""),
        error("metrics.json", 1),
        kpi("success_rate", "truncation_rate"),
        [(None, None)],
    ),
    Damage(
        "a list", bad_file("metrics.json", "[]"), error("metrics.json"), kpi("episodes", "success_rate"), [(2, None)]
    ),
    Damage("null", bad_file("metrics.json", "null"), error("metrics.json"), kpi("avg_latency_s"), [(2.0,)]),
    Damage("a string", bad_file("metrics.json", '"x"'), error("metrics.json"), kpi("failed_episodes"), [(None,)]),
    Damage("absurd depth", bad_file("metrics.json", '{"a":' + DEEP_LIST + "}"), error("metrics.json")),
    Damage(
        "depth within C's bounds",
        bad_file("metrics.json", '{"a":' + "[" * 300 + "]" * 300 + "}"),
        error("metrics.json"),
    ),
    Damage(
        "a fingerprint of garbage",
        bad_file("fingerprint.json", "\x00\x01garbage"),
        error("fingerprint.json", 1),
        status(),
        [("ok",)],
    ),
    Damage("a baseline of garbage", bad_file("baseline.json", "{]"), error("baseline.json", 1)),
    Damage(
        "a broken run_summary is left out",
        bad_file("run_summary.json", '{"avg_output_tokens": 9'),
        warning("run_summary.json", 1),
        "select value, source from run_metrics where run = 'runs/bad' and metric = 'avg_output_tokens'",
        [(23 / 4, "predictions.jsonl")],
    ),
    Damage("UTF-16", bad_file("metrics.json", '{"episode_count": 2}'.encode("utf-16")), warning("metrics.json")),
    Damage(
        "latin-1",
        bad_file("metrics.json", '{"episode_count": 2,\n "task": "café"}'.encode("latin-1")),
        warning("metrics.json", 2),
        "select task from runs where run = 'runs/bad'",
        [("café",)],
    ),
    Damage(
        "BOM",
        bad_file("metrics.json", b"\xef\xbb\xbf" + b'{"episode_count": 2, "task": "t"}'),
        [],
        "select task from runs where run = 'runs/bad'",
        [("t",)],
    ),
    Damage(
        "half a character in a key",
        bad_file("metrics.json", '{"episode_count": 2, "vs_reference": {"\\ud800": {"\\ud801": 1e999}}}'),
        [*warning("metrics.json"), *warning("metrics.json")],
    ),
]

VALUES = [
    Damage("NaN", bad_metrics(tokens=float("nan")), warning("metrics.json"), kpi("avg_output_tokens"), [(23 / 4,)]),
    Damage("Infinity", bad_metrics(latency_ms=float("inf")), warning("metrics.json"), status(), [("degraded",)]),
    Damage(
        "overflow",
        bad_file("metrics.json", '{"episode_count":2,"intrinsic":{"length":{"avg_tokens":1e999}}}'),
        warning("metrics.json"),
        kpi("avg_output_tokens"),
        [(23 / 4,)],
    ),
    Damage(
        "5,000 digits",
        bad_file("metrics.json", '{"episode_count":2,"intrinsic":{"length":{"avg_tokens":' + "9" * 5000 + "}}}"),
        warning("metrics.json"),
    ),
    Damage("a number as text", bad_metrics(tokens="4.2"), warning("metrics.json"), kpi("avg_output_tokens"), [(4.2,)]),
    Damage("no number", bad_metrics(tokens="many"), warning("metrics.json"), kpi("avg_output_tokens"), [(23 / 4,)]),
    Damage("a boolean", bad_metrics(latency_ms=True), warning("metrics.json"), kpi("avg_latency_s"), [(2.0,)]),
    Damage("a rate above 1", bad_metrics(truncation=1.5), warning("metrics.json"), kpi("truncation_rate"), [(None,)]),
    Damage("a negative latency", bad_metrics(latency_ms=-1), warning("metrics.json"), status(), [("degraded",)]),
    Damage(
        "an unknown failed id",
        bad_metrics(failed=["ghost"]),
        warning("metrics.json"),
        kpi("failed_episodes", "success_rate"),
        [(0.0, 1.0)],
    ),
    Damage(
        "a failed id twice",
        bad_metrics(failed=["e1", "e1"]),
        warning("metrics.json"),
        kpi("failed_episodes", "success_rate"),
        [(1.0, 0.5)],
    ),
    Damage(
        "a failed id that is none",
        bad_metrics(failed=["e1", None]),
        warning("metrics.json"),
        kpi("failed_episodes"),
        [(1.0,)],
    ),
    Damage(
        "failed_episodes is no list",
        lambda root: root.whole_run(
            "runs/bad", metrics={"episode_count": 2, "intrinsic": {"gates": {"failed_episodes": "e1"}}}
        ),
        warning("metrics.json"),
        kpi("success_rate"),
        [(None,)],
    ),
    Damage(
        "episode_count contradicts",
        lambda root: root.whole_run("runs/bad", metrics=metrics(7)),
        warning("metrics.json"),
        kpi("episodes"),
        [(2,)],
    ),
    Damage(
        "a reference with error",
        bad_metrics(references={"r": {"error": "boom"}}),
        warning("metrics.json"),
        kpi("rougeL_f1"),
        [(None,)],
    ),
    Damage(
        "a reference that is nowhere",
        bad_metrics(references={"__proto__": {"rougeL_f1": 0.5}}),
        [("info", f"{BAD}/metrics.json", None)],
        kpi("rougeL_f1", "rouge_reference"),
        [(0.5, "__proto__")],
    ),
    Damage(
        "NUL and half a character as facts",
        bad_file("fingerprint.json", '{"run_context": {"release": "a\\u0000b\\ud800"}}'),
        warning("fingerprint.json"),
        "select release from runs where run = 'runs/bad'",
        [("a\ufffdb\ufffd",)],
    ),
    Damage(
        "duplicated keys: the last counts",
        bad_file("fingerprint.json", '{"release": "a", "release": "b"}'),
        [],
        "select release from runs where run = 'runs/bad'",
        [("b",)],
    ),
    Damage("created_at is no time", bad_file("baseline.json", '{"created_at": "yesterday"}'), warning("baseline.json")),
]
