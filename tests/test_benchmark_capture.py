"""`driftline benchmark run` and `capture`: what is run, what is printed, and the file that is kept."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy
import pytest
import yaml
from jsonschema import Draft202012Validator

from benchmarked import COUNTING, PYTHON, Benchmark, times_run
from driftline.capture.workload import UNITS
from driftline.lifecycle.benchmarks import SCHEMA

pytest_plugins = ("console", "benchmarked")
QUICK = ("--workload", "quick", "--iterations", 2)
CONFIG = f"""
[benchmarks]
command = {json.dumps(list(COUNTING))}
iterations = {{ standard = 1, quick = 2, batch = 3 }}
[benchmarks.workloads.mine]
description = "One of our own"
iterations = 2
callable = "pipeline:make"
items = 2
env = {{ TOKEN = "secret" }}
[benchmarks.providers.local]
env = {{ MODEL = "small" }}
"""
PIPELINE = """
import os, driftline
def make():
    driftline.count(api_calls=4)
    assert os.environ["TOKEN"] == "secret"
"""


@pytest.fixture
def configured(measured_project: Path) -> Path:
    (measured_project / "driftline.toml").write_text(CONFIG)
    (measured_project / "pipeline.py").write_text(PIPELINE)
    return measured_project


def check(document: Any) -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)


def kept(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    check(content)
    assert isinstance(content, dict)
    return content


def workloads_of(out: str) -> list[str]:
    return [told["workload"] for told in json.loads(out)]


def test_a_capture_holds_what_was_measured_and_where(configured: Path, benchmark: Benchmark) -> None:
    ended = benchmark("capture", "--workload", "quick", "--workload", "mine", "--version", "1.10", "--root", "root")
    path = configured / "root/benchmarks/1.10.yaml"
    content = kept(path)

    assert (ended.code, ended.err.splitlines()[-1]) == (0, f"wrote {path}")
    assert (content["version"], content["name"], list(content["workloads"])) == ("1.10", "1.10", ["quick", "mine"])
    assert content["environment"]["platform_id"] == "Test_Box"
    assert "hostname" not in content["environment"]
    quick, mine = content["workloads"].values()
    assert (quick["command"], quick["iterations"], quick["warmups"]) == (list(COUNTING), 2, 3)
    assert (mine["callable"], mine["description"], mine["items"]) == ("pipeline:make", "One of our own", 2)
    assert mine["metrics"]["api_calls_per_item"] == 2
    assert mine["metrics"]["generation_latency_p95"] == round(float(numpy.percentile(mine["samples_ms"], 95)), 4)
    assert "generation_latency_p99: n=2" in quick["notes"]
    # What is set for a program may be a key to something.
    assert "secret" not in path.read_text() + ended.out + ended.err


def test_what_will_run_is_printed_before_it_runs(configured: Path, benchmark: Benchmark) -> None:
    ended = benchmark("run", *QUICK, "--provider", "local", "--", PYTHON, "-c", "raise SystemExit(9)")
    lines = ended.err.splitlines()

    assert lines[0] == "quick with local: 3 warm-ups and 2 iterations, as given after --, of"
    assert lines[1].endswith("-c 'raise SystemExit(9)'")
    assert lines[2] == "  with MODEL set"
    assert "in warm-up 1 of 3" in lines[3]
    assert (ended.code, ended.out) == (2, "")


def test_a_run_prints_what_it_measured_and_stores_nothing(configured: Path, benchmark: Benchmark) -> None:
    before = sorted(configured.rglob("*"))
    ended = benchmark("run", "--workload", "quick")

    assert ended.code == 0
    assert [line.split()[1] for line in ended.out.splitlines()[2:]] == [*list(UNITS)[:8], "iterations"]
    assert times_run(configured) == 5
    assert sorted(configured.rglob("*")) == sorted([*before, configured / "ran"])


def test_results_as_json_are_those_of_a_capture(configured: Path, benchmark: Benchmark) -> None:
    told = json.loads(benchmark("run", "--workload", "mine", "--provider", "local", "--format", "json").out)
    (mine,) = told
    schema = json.loads(SCHEMA.read_text())
    entry = {"$ref": "#/$defs/workload", "$defs": schema["$defs"]}

    assert mine.pop("workload") == "mine"
    Draft202012Validator(entry).validate(mine)
    assert mine["provider"] == "local"


def test_only_the_metrics_that_are_asked_for_are_shown(configured: Path, benchmark: Benchmark) -> None:
    only = ("--only", "memory_peak_mb", "--only", "throughput_personas_per_minute")
    (told,) = json.loads(benchmark("run", *QUICK, *only, "--format", "json").out)
    assert list(told["metrics"]) == ["throughput_per_minute", "memory_peak_mb"]

    config = CONFIG.replace("[benchmarks]", "[benchmarks]\nmetrics = ['memory_average_mb']", 1)
    (configured / "driftline.toml").write_text(config)
    (told,) = json.loads(benchmark("capture", *QUICK, "--version", "1", "--format", "json").out)
    assert list(told["metrics"]) == ["memory_average_mb"]
    # What is kept is not less than what was measured.
    assert len(kept(configured / "benchmarks/1.yaml")["workloads"]["quick"]["metrics"]) == 8

    refused = benchmark("run", *QUICK, "--only", "speed")
    assert (refused.code, "there is no metric 'speed'" in refused.err) == (2, True)


MODES = [
    (("--mode", "quick"), None, ["quick"]),
    (("--mode", "standard"), "quick", ["standard"]),
    (("--mode", "comprehensive"), None, ["quick", "standard", "batch"]),
    ((), "comprehensive", ["quick", "standard", "batch"]),
    ((), None, ["standard"]),
    (("--workload", "batch"), "quick", ["batch"]),
]


@pytest.mark.parametrize(("options", "variable", "expected"), MODES)
def test_a_mode_says_which_workloads_run(
    configured: Path,
    benchmark: Benchmark,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    variable: str | None,
    expected: list[str],
) -> None:
    if variable:
        monkeypatch.setenv("BENCHMARK_MODE", variable)
    assert workloads_of(benchmark("run", *options, "--format", "json").out) == expected


def test_without_a_mode_the_configuration_says_what_runs(configured: Path, benchmark: Benchmark) -> None:
    config = CONFIG.replace("[benchmarks]", "[benchmarks]\ndefault_workload = 'batch'", 1)
    (configured / "driftline.toml").write_text(config)
    assert workloads_of(benchmark("run", "--format", "json").out) == ["batch"]


REFUSED = [
    (("--mode", "fast"), "--mode cannot be 'fast'"),
    (("--mode", "quick", "--workload", "quick"), "--workload and --mode both say what to measure"),
    (("--workload", "slow"), "there is no workload 'slow'"),
    (("--workload", "quick", "--provider", "remote"), "there is no provider 'remote'"),
    (("--config", "missing.toml"), "cannot read missing.toml"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_cannot_be_measured_is_refused_before_anything_runs(
    configured: Path, benchmark: Benchmark, options: tuple[str, ...], said: str
) -> None:
    ended = benchmark("run", *options)
    assert (ended.code, ended.out, said in ended.err) == (2, "", True)
    assert times_run(configured) == 0


def test_an_unknown_mode_of_the_environment_is_refused(
    configured: Path, benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHMARK_MODE", "fast")
    ended = benchmark("run")
    assert (ended.code, "BENCHMARK_MODE cannot be 'fast'" in ended.err) == (2, True)


def test_benchmarks_that_are_turned_off_do_not_run(configured: Path, benchmark: Benchmark) -> None:
    (configured / "driftline.toml").write_text(CONFIG.replace("[benchmarks]", "[benchmarks]\nenabled = false", 1))
    ended = benchmark("run", *QUICK)
    assert (ended.code, "driftline.toml turns benchmarks off" in ended.err) == (2, True)


def test_nothing_in_a_data_root_is_executed(measured_project: Path, benchmark: Benchmark) -> None:
    root = measured_project / "root"
    root.mkdir()
    (root / "driftline.toml").write_text(CONFIG)
    for options in (("--root", "root"), ()):
        ended = benchmark("capture", *QUICK, "--version", "1", *options)
        assert (ended.code, "nothing says what the workload quick runs" in ended.err) == (2, True)
    root.rename(measured_project / "data")
    assert benchmark("run", *QUICK).code == 2
    assert not list(measured_project.rglob("ran"))


def test_a_file_that_is_named_is_used_instead(configured: Path, benchmark: Benchmark) -> None:
    (configured / "persona.yaml").write_text("benchmarks:\n  command: 'true'\n  default_workload: quick\n")
    ended = benchmark("run", "--config", "persona.yaml", "--iterations", 1)
    assert ended.err.splitlines()[:2] == ["quick: 3 warm-ups and 1 iterations, from persona.yaml, of", "  true"]


def test_a_capture_never_changes(configured: Path, benchmark: Benchmark) -> None:
    told = ("capture", *QUICK, "--version", "1", "--root", "root")
    benchmark(*told)
    path = configured / "root/benchmarks/1.yaml"
    before, runs = path.read_bytes(), times_run(configured)
    again = benchmark(*told)

    assert (again.code, "1.yaml is there already" in again.err) == (2, True)
    assert (path.read_bytes(), times_run(configured)) == (before, runs)
    assert benchmark(*told, "--replace").code == 0
    assert kept(path)["workloads"]["quick"]["samples_ms"] != yaml.safe_load(before)["workloads"]["quick"]["samples_ms"]


def test_a_capture_that_appears_meanwhile_is_not_replaced(configured: Path, benchmark: Benchmark) -> None:
    path = configured / "root/benchmarks/1.yaml"
    writes = f"open({str(path)!r}, 'w').write('of another')"
    ended = benchmark("capture", *QUICK, "--version", "1", "--root", "root", "--", PYTHON, "-c", writes)

    assert (ended.code, "was made meanwhile" in ended.err) == (2, True)
    assert [one.name for one in path.parent.iterdir()] == ["1.yaml"]
    assert path.read_text() == "of another"


def test_an_iteration_that_fails_leaves_no_file(configured: Path, benchmark: Benchmark) -> None:
    ended = benchmark("capture", *QUICK, "--version", "1", "--root", "root", "--", PYTHON, "-c", "raise SystemExit(3)")
    assert (ended.code, ended.out, "the command exited with 3" in ended.err) == (2, "", True)
    assert list((configured / "root/benchmarks").iterdir()) == []


def test_what_a_command_prints_is_no_data(configured: Path, benchmark: Benchmark) -> None:
    ended = benchmark("run", *QUICK, "--format", "json", "--", "echo", "noise")
    assert workloads_of(ended.out) == ["quick"]
    assert "noise" not in json.loads(ended.out)[0]["notes"]


def git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


def test_the_version_is_found_where_it_stands(configured: Path, benchmark: Benchmark) -> None:
    told = ("capture", *QUICK, "--root", "root", "--", "true")
    none = benchmark(*told)
    assert (none.code, "nothing tells which version is measured" in none.err) == (2, True)

    empty = benchmark("capture", *QUICK, "--version", " ", "--name", "one")
    assert (empty.code, "nothing tells which version is measured" in empty.err) == (2, True)

    git(configured, "init", "-q")
    git(configured, "add", "driftline.toml")
    git(configured, "commit", "-q", "-m", "one")
    git(configured, "tag", "v0.9")
    benchmark(*told)
    content = kept(configured / "root/benchmarks/v0.9.yaml")
    assert len(content["environment"]["git_commit"]) == 40

    (configured / "pyproject.toml").write_text("[project]\nversion = '0.8'\n")
    benchmark(*told)
    assert kept(configured / "root/benchmarks/0.8.yaml")["version"] == "0.8"

    benchmark(*told[:-2], "--name", "before", "--", "true")
    assert kept(configured / "root/benchmarks/before.yaml")["version"] == "0.8"


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "x.yaml", "a" * 101, "-v"])
def test_a_name_is_that_of_a_file_and_nothing_else(configured: Path, benchmark: Benchmark, name: str) -> None:
    for told in (("--version", "1", f"--name={name}"), (f"--version={name or '/'}",)):
        ended = benchmark("capture", *QUICK, *told, "--root", "root")
        assert (ended.code, "cannot be the name of a capture" in ended.err) == (2, True)
    assert (times_run(configured), (configured / "root").exists()) == (0, False)


def test_a_capture_goes_where_it_is_told_to(configured: Path, benchmark: Benchmark) -> None:
    benchmark("capture", *QUICK, "--version", "1", "--output", "here/mine.yaml")
    assert kept(configured / "here/mine.yaml")["name"] == "1"
    refused = benchmark("capture", *QUICK, "--version", "1", "--output", "here/mine.json")
    assert (refused.code, "is no .yaml file" in refused.err) == (2, True)

    (configured / "driftline.toml").write_text(CONFIG.replace("[benchmarks]", "[benchmarks]\nbaselines_dir = 'b'", 1))
    benchmark("capture", *QUICK, "--version", "1")
    benchmark("capture", *QUICK, "--version", "1", "--root", "root")
    assert (configured / "b/1.yaml").exists()
    assert (configured / "root/benchmarks/1.yaml").exists()


def test_hostile_text_is_shown_and_not_sent(measured_project: Path, benchmark: Benchmark) -> None:
    ended = benchmark("run", *QUICK, "--", PYTHON, "-c", "print('\x1b[31mred'); raise SystemExit(1)")
    assert "\\x1b[31mred" in ended.err
    assert "\x1b" not in ended.err
