"""One damage at a time beside good artifacts: the good ones load, and exactly the expected problems are there."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from driftline.artifacts.decode import MAX_DEPTH
from roots import PROBLEMS, Root, Rows, lines, metrics, prediction, problems, profile, python

BAD = "eval/runs/bad"
STAGES = {"transcription": {"wall_time_s": 2.0, "peak_rss_mb": 100, "avg_cpu_pct": 50.0}}
DEEP_LIST = "[" * 5000 + "]" * 5000


@dataclass(frozen=True)
class Damage:
    """What is written over a good root, the problems it must give, and one answer of the model."""

    name: str
    write: Callable[[Root], Any]
    problems: Rows = field(default_factory=list)
    ask: str = "select 1"
    answer: Rows = field(default_factory=lambda: [(1,)])


def text(rel: str, content: str | bytes) -> Callable[[Root], Any]:
    return lambda root: root.file(rel, content)


def bad_file(name: str, content: str | bytes) -> Callable[[Root], Any]:
    """A whole run in which one artifact is replaced."""
    return lambda root: root.whole_run("runs/bad").file(f"{BAD}/{name}", content)


def bad_metrics(**changes: Any) -> Callable[[Root], Any]:
    return lambda root: root.whole_run("runs/bad", metrics=metrics(2, **changes))


def bad_profile(content: Any) -> Callable[[Root], Any]:
    return lambda root: root.profile("bad", content)


def kpi(*names: str) -> str:
    return f"select {', '.join(names)} from run_kpis where run = 'runs/bad'"


def episode(*names: str) -> str:
    return f"select {', '.join(names)} from episodes where run = 'runs/bad' order by position"


def status(run: str = "runs/bad") -> str:
    return f"select status from runs where run = '{run}'"


def two_lines(second: str | bytes) -> bytes:
    first = lines([prediction("e1")]).encode()
    return first + (second.encode() if isinstance(second, str) else second) + b"\n" + lines([prediction("e2")]).encode()


def error(name: str, line: int | None = None) -> Rows:
    return [("error", f"{BAD}/{name}", line)]


def warning(name: str, *numbers: int | None) -> Rows:
    return [("warning", f"{BAD}/{name}", number) for number in numbers or (None,)]


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

LINES = [
    Damage(
        "garbage line",
        bad_file("predictions.jsonl", two_lines("garbage")),
        warning("predictions.jsonl", 2),
        episode("episode_id", "position"),
        [("e1", 1), ("e2", 3)],
    ),
    Damage(
        "truncated line",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "e3", "out')),
        warning("predictions.jsonl", 2),
        episode("count(*)").replace(" order by position", ""),
        [(2,)],
    ),
    Damage(
        "trailing comma",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "e3",}')),
        warning("predictions.jsonl", 2),
        status(),
        [("degraded",)],
    ),
    Damage(
        "a list, null and a number",
        bad_file("predictions.jsonl", two_lines("[]\nnull\n7")),
        warning("predictions.jsonl", 2, 3, 4),
    ),
    Damage(
        "no episode_id", bad_file("predictions.jsonl", two_lines('{"output": "x"}')), warning("predictions.jsonl", 2)
    ),
    Damage(
        "blank lines and CRLF",
        bad_file(
            "predictions.jsonl",
            b"\r\n  \n" + lines([prediction("e1"), prediction("e2")]).replace("\n", "\r\n").encode(),
        ),
        [],
        episode("episode_id", "position"),
        [("e1", 3), ("e2", 4)],
    ),
    Damage(
        "BOM",
        bad_file("predictions.jsonl", b"\xef\xbb\xbf" + lines([prediction("e1"), prediction("e2")]).encode()),
        [],
        "select count(*) from predictions_jsonl where run = 'runs/bad'",
        [(2,)],
    ),
    Damage(
        "latin-1",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "é", "output": "x"}'.encode("latin-1"))),
        [*warning("metrics.json"), *warning("predictions.jsonl", 2)],
        episode("episode_id"),
        [("e1",), ("é",), ("e2",)],
    ),
    Damage(
        "UTF-16",
        bad_file("predictions.jsonl", lines([prediction("e1"), prediction("e2")]).encode("utf-16")),
        warning("predictions.jsonl"),
        episode("episode_id"),
        [("e1",), ("e2",)],
    ),
    Damage(
        "U+2028, U+0085, VT and FF are text",
        bad_file(
            "predictions.jsonl",
            '{"episode_id": "e1", "output": "a\u2028b\u0085c"}\n{"episode_id": "e2", "output": "a\\u000bb\\u000cc"}\n',
        ),
        [],
        episode("text"),
        [("a\u2028b\u0085c",), ("a\x0bb\x0cc",)],
    ),
    Damage(
        "lone surrogate",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "output": "a\\ud800"}\n{"episode_id": "e2"}\n'),
        warning("predictions.jsonl", 1),
        episode("text"),
        [("a\ufffd",), (None,)],
    ),
    Damage(
        "NUL",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "output": "a\\u0000"}\n{"episode_id": "e2"}\n'),
        warning("predictions.jsonl", 1),
        episode("text"),
        [("a\ufffd",), (None,)],
    ),
    Damage(
        "a pair is one character",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "output": "\\ud83d\\ude00"}\n{"episode_id": "e2"}\n'),
        [],
        episode("text"),
        [("😀",), (None,)],
    ),
    Damage(
        "duplicated keys: the last counts",
        bad_file(
            "predictions.jsonl",
            '{"episode_id": "e0", "episode_id": "e1", "output": {"summary": "a", "summary": "b"}}\n'
            '{"episode_id": "e2"}\n',
        ),
        [],
        episode("episode_id", "text"),
        [("e1", "b"), ("e2", None)],
    ),
    Damage(
        "the same episode twice: the last counts",
        bad_file("predictions.jsonl", lines([prediction("e1", "old"), prediction("e2"), prediction("e1", "new")])),
        warning("predictions.jsonl", 3),
        episode("episode_id", "text", "position"),
        [("e2", "one two three four five", 2), ("e1", "new", 3)],
    ),
    Damage(
        "absurd depth",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "e3", "output": ' + DEEP_LIST + "}")),
        warning("predictions.jsonl", 2),
        episode("episode_id"),
        [("e1",), ("e2",)],
    ),
    Damage(
        "deep enough",
        bad_file(
            "predictions.jsonl",
            two_lines('{"episode_id": "e3", "output": {"gil": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}}"),
        ),
        warning("predictions.jsonl", 2),
    ),
    Damage(
        "number as text",
        bad_file(
            "predictions.jsonl", lines([prediction("e1", output_tokens="7"), prediction("e2", output_tokens="x")])
        ),
        warning("predictions.jsonl", 1, 2),
        episode("output_tokens", "tokens_source"),
        [(7.0, "reported"), (23 / 4, "estimated")],
    ),
    Damage(
        "negative latency",
        bad_file(
            "predictions.jsonl",
            lines([prediction("e1", processing_time_seconds=-1), prediction("e2", processing_time_seconds=4)]),
        ),
        warning("predictions.jsonl", 1),
        episode("latency_s"),
        [(None,), (4.0,)],
    ),
    Damage(
        "metadata is a list",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "metadata": []}\n{"episode_id": "e2"}\n'),
        warning("predictions.jsonl", 1),
    ),
    Damage(
        "5,000 digits",
        bad_file(
            "predictions.jsonl",
            '{"episode_id": "e1", "metadata": {"output_tokens": '
            + "9" * 5000
            + '}, "output": "x"}\n{"episode_id": "e2"}\n',
        ),
        warning("predictions.jsonl", 1),
        episode("output_tokens"),
        [(1.0,), (None,)],
    ),
    Damage(
        "a line of 20 MB",
        bad_file("predictions.jsonl", lines([prediction("e1", "x" * 20_000_000), prediction("e2")])),
        [],
        episode("length(text)"),
        [(20_000_000,), (23,)],
    ),
    Damage(
        "20 MB for the tolerant reader",
        bad_file("predictions.jsonl", lines([prediction("e1", "x" * 20_000_000, output_tokens="3"), prediction("e2")])),
        warning("predictions.jsonl", 1),
        episode("length(text)", "output_tokens"),
        [(20_000_000, 3.0), (23, 23 / 4)],
    ),
    Damage(
        "diagnostics of garbage",
        bad_file("diagnostics.jsonl", '{"episode_id": "e1", "chunks": "3"}\n{{\n'),
        warning("diagnostics.jsonl", 1, 2),
        episode("chunks"),
        [(3.0,), (None,)],
    ),
    Damage(
        "names like code",
        bad_file(
            "predictions.jsonl",
            lines([prediction("__proto__"), prediction("'; drop table runs; --"), prediction("{{7*7}}")]),
        ),
        warning("metrics.json"),
        episode("episode_id"),
        [("__proto__",), ("'; drop table runs; --",), ("{{7*7}}",)],
    ),
]

PROFILES = [
    Damage("not YAML", text("profiles/bad.yaml", "release: [\n"), [("error", "profiles/bad.yaml", 2)]),
    Damage(
        "Python tag",
        text(
            "profiles/bad.yaml",
            "release: !!python/object/apply:os.system ['touch /tmp/driftline-was-here']\nstages: {}\n",
        ),
        [("error", "profiles/bad.yaml", 1)],
    ),
    Damage(
        "unknown tag",
        text("profiles/bad.yaml", "stages: {}\nrelease: !secret x\n"),
        [("error", "profiles/bad.yaml", 2)],
    ),
    Damage(
        "absurd depth, flow",
        text("profiles/bad.yaml", f"release: v1\nstages: {DEEP_LIST}\n"),
        [("error", "profiles/bad.yaml", 2)],
    ),
    Damage(
        "absurd depth, block",
        text("profiles/bad.yaml", "release: v1\nstages:\n  " + "- " * 3000 + "x\n"),
        [("error", "profiles/bad.yaml", 3)],
    ),
    Damage(
        "an alias that holds itself",
        text("profiles/bad.yaml", "release: v1\nstages: &a [*a]\n"),
        [("error", "profiles/bad.yaml", 2)],
    ),
    Damage(
        "5,000 digits",
        text("profiles/bad.yaml", "release: v1\ndate: 2026-01-01\ntotals: {wall_time_s: " + "9" * 5000 + "}\n"),
        [("warning", "profiles/bad.yaml", None)],
        "select wall_time_s from profiles where profile = 'bad'",
        [(None,)],
    ),
    Damage(
        "4,000 hexadecimal digits as text",
        text("profiles/bad.yaml", "release: v1\ndate: 2026-01-01\ndataset_id: 0x" + "f" * 4000 + "\ntotals: {}\n"),
        [],
        "select length(dataset_id) from profiles where profile = 'bad'",
        [(4002,)],
    ),
    Damage(
        "no date",
        bad_profile(profile(date=None)),
        [("warning", "profiles/bad.yaml", None)],
        "select profile from profiles order by release_order limit 1",
        [("bad",)],
    ),
    Damage(
        "a bad date",
        bad_profile(profile(date="soon")),
        [("warning", "profiles/bad.yaml", 2)],
        "select captured_at from profiles where profile = 'bad'",
        [(None,)],
    ),
    Damage(
        "an impossible date",
        text("profiles/bad.yaml", "release: v1\ndate: 2026-13-45\ntotals: {}\n"),
        [("warning", "profiles/bad.yaml", 2)],
    ),
    Damage(
        "no release",
        text("profiles/bad.yaml", "release:\ntotals: {}\n"),
        [("error", "profiles/bad.yaml", None)],
        "select count(*) from profiles",
        [(1,)],
    ),
    Damage(
        "totals missing",
        bad_profile(profile()),
        [],
        "select wall_time_s, peak_rss_mb from profiles where profile = 'bad'",
        [(None, None)],
    ),
    Damage(
        "a stage that is no mapping",
        bad_profile(profile(stages={"a": 3, "b": {"wall_time_s": 1}})),
        [("warning", "profiles/bad.yaml", None)],
        "select stage, value from stage_metrics where profile = 'bad'",
        [("b", 1.0)],
    ),
    Damage("stages that are no mapping", bad_profile(profile(stages=["a"])), [("warning", "profiles/bad.yaml", None)]),
    Damage(
        "a stage value that is no number",
        bad_profile(profile(stages={"a": {"wall_time_s": "long"}})),
        [("warning", "profiles/bad.yaml", None)],
        "select value, sampled from stage_metrics where profile = 'bad'",
        [(None, True)],
    ),
    Damage(
        "a boolean is no number",
        bad_profile(profile(stages={"a": {"wall_time_s": True}})),
        [("warning", "profiles/bad.yaml", None)],
        "select value from stage_metrics where profile = 'bad'",
        [(None,)],
    ),
    Damage(
        "a stage named (totals)",
        bad_profile(profile(stages={"(totals)": {"wall_time_s": 99}}, totals={"wall_time_s": 1})),
        [("warning", "profiles/bad.yaml", None)],
        "select wall_time_s from profiles where profile = 'bad'",
        [(1.0,)],
    ),
    Damage(
        "0 MB is no sample",
        bad_profile(profile(stages={"a": {"wall_time_s": 1, "peak_rss_mb": 0, "avg_cpu_pct": 0}})),
        [],
        "select metric, value, sampled from stage_metrics where profile = 'bad' order by metric",
        [("avg_cpu_pct", None, False), ("peak_rss_mb", None, False), ("wall_time_s", 1.0, True)],
    ),
    Damage(
        "0 MB in no time is 0 MB",
        bad_profile(profile(stages={"a": {"wall_time_s": 0, "peak_rss_mb": 0}})),
        [],
        "select value from stage_metrics where profile = 'bad' and metric = 'peak_rss_mb'",
        [(0.0,)],
    ),
    Damage(
        "unknown stages follow the known ten",
        bad_profile(
            profile(stages={"zzz": {"wall_time_s": 1}, "summarization": {"wall_time_s": 2}, "aaa": {"wall_time_s": 3}})
        ),
        [],
        "select stage, stage_order from stage_metrics where profile = 'bad' order by stage_order",
        [("summarization", 7), ("zzz", 11), ("aaa", 12)],
    ),
    Damage(
        "a mapping that is no profile",
        text("profiles/config.yaml", "model: x\n"),
        [],
        "select count(*) from profiles",
        [(1,)],
    ),
    Damage("a list is no profile", text("profiles/list.yaml", "- 1\n"), [], "select count(*) from profiles", [(1,)]),
    Damage(
        "regression_rules.yaml is no profile",
        text("profiles/regression_rules.yaml", "release: x\nstages: {}\n"),
        [],
        "select count(*) from profiles",
        [(1,)],
    ),
    Damage(
        "a release as written",
        text("profiles/bad.yaml", "release: 2.10\ndate: 2026-01-02\ntotals: {}\n"),
        [],
        "select release, captured_at::varchar from profiles where profile = 'bad'",
        [("2.10", "2026-01-02 00:00:00")],
    ),
    Damage(
        "a monitor log with NaN",
        lambda root: root.file(
            "profiles/good.monitor.log",
            "# x monitor (a)\n2026-01-01T00:00:00Z pid=1 stage=a rss_mb=nan peak_rss_mb=2 cpu_pct=inf elapsed_s=1\n",
        ),
        [("warning", "profiles/good.monitor.log", 2)] * 2,
        "select rss_mb, peak_rss_mb, cpu_pct from monitor_samples",
        [(None, 2.0, None)],
    ),
    Damage(
        "a stage_truth of garbage",
        text("profiles/good.stage_truth.json", "{"),
        [("error", "profiles/good.stage_truth.json", 1)],
    ),
]

TOP = [
    Damage("releases.yaml is a list", text("releases.yaml", "- runs/good: v1\n"), [("error", "releases.yaml", None)]),
    Damage(
        "a mapping to an unknown run",
        text("releases.yaml", "runs/good: v1\nruns/ghost: v2\n"),
        [("warning", "releases.yaml", 2)],
        "select release, release_source from runs",
        [("v1", "mapping")],
    ),
    Damage("a mapping without release", text("releases.yaml", "runs/good:\n"), [("warning", "releases.yaml", 1)]),
    Damage("settings that are no TOML", text("driftline.toml", "a = 1\nb = = 2\n"), [("error", "driftline.toml", 2)]),
    Damage(
        "an unknown setting", text("driftline.toml", "[metrics.wer]\nwarn = 1\n"), [("warning", "driftline.toml", None)]
    ),
    Damage(
        "levels of an unknown metric",
        text("driftline.toml", "[metrics.rougel_f1]\nfail_abs = 1\n"),
        [("warning", "driftline.toml", None)],
    ),
]


def link(target: str, rel: str) -> Callable[[Root], Any]:
    def write(root: Root) -> None:
        path = root.folder / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)

    return write


def pipe(rel: str) -> Callable[[Root], Any]:
    def write(root: Root) -> None:
        path = root.folder / rel
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    return write


def directory(rel: str) -> Callable[[Root], Any]:
    return lambda root: (root.folder / rel).mkdir(parents=True)


PLACES = [
    Damage(
        "a link to nowhere",
        lambda root: (root.whole_run("runs/bad", metrics=None), link("nowhere", f"{BAD}/metrics.json")(root)),
        error("metrics.json"),
        status(),
        [("degraded",)],
    ),
    Damage(
        "a file that links to itself",
        lambda root: (root.whole_run("runs/bad", metrics=None), link("metrics.json", f"{BAD}/metrics.json")(root)),
        error("metrics.json"),
    ),
    Damage("a directory that links to itself", link("loop", "eval/runs/loop"), [("warning", "eval/runs/loop", None)]),
    Damage(
        "a link back to the root",
        link("..", "eval/runs/up"),
        [("warning", "eval/runs/up", None)],
        "select count(*) from runs",
        [(1,)],
    ),
    Damage("a dangling directory", link("/nonexistent/x", "eval/runs/gone"), [("warning", "eval/runs/gone", None)]),
    Damage(
        "a link to a run that is read already",
        link("good", "eval/runs/alias"),
        [("info", "eval/runs/alias", None)],
        "select run from runs",
        [("runs/good",)],
    ),
    Damage(
        "a pipe",
        lambda root: (root.whole_run("runs/bad", predictions=None), pipe(f"{BAD}/predictions.jsonl")(root)),
        error("predictions.jsonl"),
        kpi("episodes"),
        [(2,)],
    ),
    Damage("a pipe as profile", pipe("profiles/bad.yaml"), [("error", "profiles/bad.yaml", None)]),
    Damage(
        "a directory named metrics.json",
        lambda root: (root.whole_run("runs/bad", metrics=None), directory(f"{BAD}/metrics.json")(root)),
        error("metrics.json"),
    ),
    Damage(
        "a file in place of a directory",
        lambda root: root.file("eval/baselines", "x"),
        [("warning", "eval/baselines", None)],
    ),
    Damage(
        "a run of one broken file",
        text(f"{BAD}/fingerprint.json", "{"),
        [
            *error("fingerprint.json", 1),
            ("info", f"{BAD}/diagnostics.jsonl", None),
            ("info", f"{BAD}/run_summary.json", None),
            ("warning", f"{BAD}/metrics.json", None),
            ("warning", f"{BAD}/predictions.jsonl", None),
        ],
        status(),
        [("broken",)],
    ),
    Damage(
        "a run of one file",
        lambda root: root.run("runs/bad", predictions=[prediction("e1")]),
        [
            ("info", f"{BAD}/diagnostics.jsonl", None),
            ("info", f"{BAD}/run_summary.json", None),
            ("warning", f"{BAD}/fingerprint.json", None),
            ("warning", f"{BAD}/metrics.json", None),
        ],
        status(),
        [("degraded",)],
    ),
    Damage(
        "an archived run",
        lambda root: root.run("runs/_old/bad", predictions=[prediction("e1")]),
        [],
        "select archived from runs where run = 'runs/_old/bad'",
        [(True,)],
    ),
]


@pytest.mark.parametrize(
    "damage", [*WHOLE_FILE, *VALUES, *LINES, *PROFILES, *TOP, *PLACES], ids=lambda damage: damage.name
)
def test_damage_costs_itself_and_nothing_else(root: Root, damage: Damage) -> None:
    root.whole_run("runs/good").profile("good", profile("v0", "2026-01-01", stages=STAGES))
    damage.write(root)
    expected = sorted(damage.problems, key=lambda row: (row[1], row[2] is None, row[2] or 0, row[0]))
    with root.open() as store:
        ask = store.connection.execute
        assert ask(PROBLEMS).fetchall() == expected
        assert ask("select run, status, episodes from runs where run = 'runs/good'").fetchall() == [
            ("runs/good", "ok", 2)
        ]
        assert ask("select profile, status from profiles where profile = 'good'").fetchall() == [("good", "ok")]
        assert ask(damage.ask).fetchall() == damage.answer


def test_a_directory_is_read_once_whatever_links_to_it(root: Root) -> None:
    outside = Root(root.folder.with_name("outside"))
    outside.file("inner/metrics.json", "{}")
    root.whole_run("baselines/b")
    link("../baselines", "eval/runs/alias")(root)
    link(str(outside.folder / "inner"), "eval/runs/first")(root)
    link(str(outside.folder), "eval/runs/second")(root)
    assert root.rows("select run from runs order by run") == [("baselines/b",), ("runs/first",)]


def test_lines_end_at_lf_only_for_the_tolerant_reader_too(root: Root) -> None:
    """A text with every other line end, beside a line that must be read with care."""
    odd = "a\u2028b\u0085c\u2029d"
    text = json.dumps({"episode_id": "e1", "output": odd}, ensure_ascii=False)
    root.whole_run("runs/bad").file(f"{BAD}/predictions.jsonl", f"{text}\ngarbage\n{lines([prediction('e2')])}")
    assert problems(root) == warning("predictions.jsonl", 2)
    assert root.rows("select episode_id, text from episodes order by position") == [
        ("e1", odd),
        ("e2", "one two three four five"),
    ]


def test_an_empty_root_answers_every_relation(root: Root) -> None:
    with root.open() as store:
        for relation in ("runs", "episodes", "profiles", "stage_trend", "releases", "comparison_groups", "problems"):
            assert store.connection.execute(f"select count(*) from {relation}").fetchall() == [(0,)]


NAMES = [
    "x'; drop table runs; --",
    'a"b',
    "two\nlines",
    "*?[",
    "[a]",
    " spaces ",
    "back\\slash[x]",
    "__proto__",
    "ü\u2028",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_directories_are_text(root: Root, name: str) -> None:
    root.whole_run("runs/good").whole_run(f"runs/{name}").profile(name, profile("v0"))
    assert problems(root) == []
    expected = sorted([("runs/good", 2), (f"runs/{name}", 2)])
    assert sorted(root.rows("select run, count(*) from episodes group by run")) == expected
    assert root.rows("select run_id from runs where run <> 'runs/good'") == [(name,)]
    assert root.rows("select profile from profiles") == [(name,)]
    if "\\" not in name:
        assert sorted(root.rows("select run, count(*) from predictions_jsonl group by run")) == expected


@pytest.mark.parametrize("name", ['we[ird] r\'oot "q"', "back\\[x]", "q*?", "new\nline"])
def test_the_path_of_the_root_is_text(root: Root, name: str) -> None:
    odd = Root(root.folder / name)
    odd.whole_run("runs/good").profile("p", profile("v0", stages=STAGES))
    assert problems(odd) == []
    assert odd.rows("select count(*) from episodes") == [(2,)]
    assert odd.rows("select count(*) from stage_trend") == [(3,)]


def test_two_names_that_are_no_utf8_stay_two(root: Root) -> None:
    for name in (b"\xff", b"\xfe"):
        root.whole_run("runs/" + os.fsdecode(name))
    assert problems(root) == []
    assert sorted(root.rows("select run, count(*) from episodes group by run")) == [
        ("runs/\\xfe", 2),
        ("runs/\\xff", 2),
    ]


def test_a_root_that_is_no_utf8_opens(root: Root) -> None:
    odd = Root(root.folder / os.fsdecode(b"\xff"))
    odd.whole_run("runs/good")
    assert odd.rows("select run, count(*) from episodes group by run") == [("runs/good", 2)]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def test_an_alias_bomb_answers(root: Root) -> None:
    root.profile("good", profile("v0")).file("profiles/bomb.yaml", f"release: v1\n{BOMB}stages: *j\nhostname: *j\n")
    asked = python(
        "import sys; from driftline.store import open_store;"
        "print(open_store(sys.argv[1]).connection.sql('select severity, file from problems').fetchall())",
        str(root.folder),
        timeout=20,
    )
    assert asked.stdout == "[('error', 'profiles/bomb.yaml')]\n", asked.stderr


def test_an_unreadable_file_is_a_problem() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Root(Path(folder)).whole_run("runs/good").whole_run("runs/bad")
        root.folder.chmod(0o755)
        (root.folder / BAD / "metrics.json").chmod(0)
        asked = python(
            "import encodings.utf_8_sig, os, sys, tempfile\n"
            "from driftline.store import open_store\n"
            "os.getuid() or os.setuid(65534)\n"
            "store = open_store(sys.argv[1])\n"
            "print(store.connection.sql('select severity, file from problems').fetchall())\n"
            "print(store.connection.sql('select count(*) from episodes').fetchall())",
            folder,
            XDG_CACHE_HOME="/nonexistent",
        )
    assert asked.stdout == f"[('error', '{BAD}/metrics.json')]\n[(4,)]\n", asked.stderr


def test_nothing_in_a_file_is_executed(root: Root, tmp_path: Any) -> None:
    witness = tmp_path / "witness"
    root.file("profiles/a.yaml", f"release: !!python/object/apply:pathlib.Path.touch ['{witness}']\nstages: {{}}\n")
    root.file("profiles/b.yaml", f"release: !!python/object/apply:os.system ['touch {witness}']\nstages: {{}}\n")
    root.file("releases.yaml", f"runs/x: !!python/object/new:os.system ['touch {witness}']\n")
    assert {row[0] for row in problems(root)} == {"error"}
    assert not witness.exists()
