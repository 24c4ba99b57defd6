"""How benchmarks are configured: what a file may say, and how it is refused where it says something else."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest

from driftline.artifacts.benchmark_config import BenchmarkConfig, Limits, Program, read_config
from driftline.errors import UserError

F_136 = """
benchmarks:
  enabled: true
  baselines_dir: ./baselines
  default_workload: standard
  iterations:
    standard: 100
    quick: 10
    batch: 20
  thresholds:
    warn: 10  # percentage
    fail: 25  # percentage
  metrics:
    - generation_latency_p50
    - generation_latency_p95
    - throughput_personas_per_minute
    - memory_peak_mb
"""
WHOLE = """
[benchmarks]
enabled = false
baselines_dir = "kept"
reports_dir = "told"
default_workload = "mine"
command = "python 'my program.py' --fast"
metrics = ["memory_peak_mb", "total_memory_mb"]
iterations = { quick = 7, other = 4 }
thresholds = { warn = 5, fail = 15 }

[benchmarks.limits.memory_peak_mb]
warn = 2.5

[benchmarks.limits.throughput_personas_per_minute]
fail = 3

[benchmarks.workloads.mine]
description = "All of it"
iterations = 9
timeout = 2.5
callable = "package.module:make.one"
items = 10
env = { MODEL = "small", SHARED = "workload" }

[benchmarks.providers.local]
env = { SHARED = "provider" }

[benchmarks.providers.remote]
command = ["ask", "it all"]
"""


def configured(folder: Path, text: str, name: str = "driftline.toml") -> BenchmarkConfig:
    path = folder / name
    path.write_text(text)
    return read_config(path)


def refusal(folder: Path, text: str, name: str = "driftline.toml") -> str:
    with pytest.raises(UserError) as refused:
        configured(folder, text, name)
    assert str(folder / name) in refused.value.message
    return str(refused.value)


def test_without_a_file_the_built_in_workloads_have_nothing_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = read_config(None)

    counts = {name: workload.iterations for name, workload in config.workloads.items()}
    assert counts == {"standard": 100, "quick": 10, "batch": 20, "full": 500}
    assert {config.workload(name).program.shown for name in counts} == {""}
    assert (config.thresholds, config.is_enabled, config.file) == (Limits(10, 25), True, None)


def test_the_keys_of_f_136_are_accepted_in_yaml(tmp_path: Path) -> None:
    config = configured(tmp_path, F_136, "persona.yaml")

    assert (config.default_workload, config.thresholds) == ("standard", Limits(10, 25))
    assert config.baselines_dir == tmp_path / "baselines"
    assert config.metrics[2:] == ("throughput_per_minute", "memory_peak_mb")


def test_everything_that_a_file_may_say(tmp_path: Path) -> None:
    config = configured(tmp_path, WHOLE)
    mine, quick = config.workload("mine"), config.workload("quick")

    assert (config.is_enabled, config.default_workload) == (False, "mine")
    assert config.baselines_dir == tmp_path / "kept"
    assert (mine.description, mine.iterations, mine.timeout_s, mine.items) == ("All of it", 9, 2.5, 10)
    assert mine.program == Program((), "package.module:make.one", {"MODEL": "small", "SHARED": "workload"})
    assert (quick.iterations, quick.program.command) == (7, ("python", "my program.py", "--fast"))
    assert config.workload("other").iterations == 4
    assert config.metrics == ("memory_peak_mb", "total_memory_mb")


def test_a_provider_replaces_the_program_and_extends_the_environment(tmp_path: Path) -> None:
    config = configured(tmp_path, WHOLE)
    local, remote = config.workload("mine", "local"), config.workload("mine", "remote")

    assert local.program == Program((), "package.module:make.one", {"MODEL": "small", "SHARED": "provider"})
    assert remote.program == Program(("ask", "it all"), None, {"MODEL": "small", "SHARED": "workload"})
    assert (local.provider, config.workload("mine").provider) == ("local", None)


def test_a_limit_of_a_metric_stands_before_that_of_all(tmp_path: Path) -> None:
    config = configured(tmp_path, WHOLE)

    assert asdict(config.limits["memory_peak_mb"]) == {"warn_pct": 2.5, "fail_pct": 15}
    # The warning moves along with a failure below it; the name of another tool means the same metric.
    assert config.limits["throughput_per_minute"] == Limits(3, 3)
    assert config.thresholds == Limits(5, 15)


def test_only_the_file_of_the_current_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "driftline.toml").write_text("[benchmarks]\ncommand = 'true'\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.setenv("DRIFTLINE_ROOT", str(tmp_path))
    monkeypatch.chdir(inner)
    assert read_config(None).workload("quick").program.shown == ""

    monkeypatch.chdir(tmp_path)
    assert read_config(None).workload("quick").program.shown == "true"


def test_a_file_of_other_settings_is_fine_unless_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("driftline.toml").write_text("[verdicts]\ntrim = 0.2\n")

    assert read_config(None) == BenchmarkConfig()
    with pytest.raises(UserError, match="says nothing of benchmarks"):
        read_config(Path("driftline.toml"))


REFUSED = [
    ("iteration = 3", "benchmarks.iteration is unknown"),
    ("iterations = { quick = 0 }", "benchmarks.iterations.quick cannot be 0"),
    ("iterations = { quick = true }", "benchmarks.iterations.quick cannot be True"),
    ("iterations = 3", "benchmarks.iterations holds 3"),
    ("enabled = 'yes'", "benchmarks.enabled cannot be 'yes'"),
    ("default_workload = 'none'", "benchmarks.default_workload cannot be 'none'"),
    ("metrics = 'memory_peak_mb'", "benchmarks.metrics cannot be 'memory_peak_mb'"),
    ("thresholds = { warn = 30, fail = 25 }", "benchmarks.thresholds warns at 30 %, above its failure at 25 %"),
    ("thresholds = { warn = -1 }", "benchmarks.thresholds.warn cannot be -1"),
    ("thresholds = { fail = inf }", "benchmarks.thresholds.fail cannot be inf"),
    ("limits.memory_peak_mb.fail = 0", "benchmarks.limits.memory_peak_mb.fail cannot be 0"),
    ("limits.memory_peak_mb.most = 3", "benchmarks.limits.memory_peak_mb.most is unknown"),
    ('workloads.a.command = "x \'y"', "benchmarks.workloads.a.command cannot be"),
    ("workloads.a.command = []", "benchmarks.workloads.a.command cannot be a list"),
    ("workloads.a.command = ['x', 3]", "benchmarks.workloads.a.command cannot be a list"),
    ("workloads.a.callable = 'module.function'", "benchmarks.workloads.a.callable cannot be 'module.function'"),
    ("workloads.a = { command = 'x', callable = 'm:f' }", "benchmarks.workloads.a names a command and a callable"),
    ("workloads.a.timeout = 0", "benchmarks.workloads.a.timeout cannot be 0"),
    ("workloads.a.items = 1.5", "benchmarks.workloads.a.items cannot be 1.5"),
    ("workloads.a.env.N = 3", "benchmarks.workloads.a.env.N cannot be 3"),
    ("workloads.a.shell = true", "benchmarks.workloads.a.shell is unknown"),
    ("workloads.'../a'.items = 3", "has the name '../a'"),
    ("providers.a.iterations = 3", "benchmarks.providers.a.iterations is unknown"),
    ("iterations = { a = 3 }\nworkloads.a.iterations = 4", "benchmarks.workloads.a.iterations cannot be 4"),
]


@pytest.mark.parametrize(("line", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_file_and_key(tmp_path: Path, line: str, said: str) -> None:
    assert said in refusal(tmp_path, f"[benchmarks]\n{line}\n")


def test_a_file_that_cannot_be_read_as_what_it_is_called_is_refused(tmp_path: Path) -> None:
    assert "not TOML" in refusal(tmp_path, "benchmarks:\n  enabled: true\n")
    assert "line 3" in refusal(tmp_path, "benchmarks:\n  enabled: true\n  enabled: false\n", "persona.yaml")
    assert "holds no mapping" in refusal(tmp_path, "- benchmarks\n", "persona.yml")
    assert "holds a list" in refusal(tmp_path, "benchmarks: [1]\n", "persona.yml")
    (tmp_path / "latin.toml").write_bytes(b"[benchmarks]\ncommand = 'caf\xe9'\n")
    with pytest.raises(UserError, match="not UTF-8"):
        read_config(tmp_path / "latin.toml")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "driftline.toml")
    with pytest.raises(UserError, match=r"cannot read .*no regular file"):
        read_config(tmp_path / "driftline.toml")
    with pytest.raises(UserError, match="cannot read"):
        read_config(tmp_path / "missing.toml")


def test_a_name_that_is_none_is_refused_with_those_that_are(tmp_path: Path) -> None:
    config = configured(tmp_path, WHOLE)
    with pytest.raises(UserError, match="standard, quick, batch, full, other, mine"):
        config.workload("slow")
    with pytest.raises(UserError, match="local, remote"):
        config.workload("quick", "elsewhere")
