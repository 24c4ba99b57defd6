"""Damage to profiles and to the files at the top of a root."""

from __future__ import annotations

from damage import (
    DEEP_LIST,
    Damage,
    bad_profile,
    text,
)
from roots import profile

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
        "a key given twice",
        text("profiles/bad.yaml", "release: v1\nstages:\n  a: {wall_time_s: 1}\n  a: {wall_time_s: 2}\n"),
        [("warning", "profiles/bad.yaml", 4), ("warning", "profiles/bad.yaml", None)],
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
