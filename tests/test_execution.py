"""A command is run and measured: memory, CPU and time of its stages are those that the program itself knows."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from driftline.capture import warden
from driftline.capture.attribution import HIGH_WATER, direct
from driftline.capture.execution import Execution
from driftline.lifecycle.captures import Capture
from measured import Measure

pytest_plugins = ("measured",)

# A program that writes down what it knows of its own stages: seconds, CPU seconds and resident MiB while each is open.
KNOWN = """
    import json, multiprocessing, sys, threading, time
    import driftline

    def resident_mb():
        pages = int(open("/proc/self/statm").read().split()[1])
        return pages * 4096 / 1024**2

    known = {}

    def stage(name, work):
        with driftline.stage(name):
            began, cpu = time.perf_counter(), time.process_time()
            told = work() or {}
            known[name] = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, **told}

    def hold():
        block = bytearray(300 * 1024**2)
        time.sleep(1)
        return {"rss_mb": resident_mb()}

    def burn():
        until = time.perf_counter() + 0.8
        while time.perf_counter() < until:
            pass

    def child(sizes):
        block = bytearray(60 * 1024**2)
        sizes.put(resident_mb())
        time.sleep(0.6)

    def children():
        sizes = multiprocessing.Queue()
        started = [multiprocessing.Process(target=child, args=(sizes,)) for _ in range(3)]
        [process.start() for process in started]
        held = sum(sizes.get() for _ in started)
        [process.join() for process in started]
        return {"rss_mb": held + resident_mb()}

    if __name__ == "__main__":
        stage("B", hold)
        stage("C", burn)
        stage("D", lambda: time.sleep(0.6))
        pair = [threading.Thread(target=stage, args=(name, lambda: time.sleep(0.5))) for name in ("P1", "P2")]
        [thread.start() for thread in pair]
        [thread.join() for thread in pair]
        stage("children", children)
        json.dump(known, open(sys.argv[0] + ".json", "w"))
"""


@pytest.fixture
def known(measure: Measure, tmp_path: Path) -> tuple[Execution, dict[str, dict[str, float]]]:
    execution = measure(KNOWN)
    assert execution.exit_code == 0
    return execution, json.loads((tmp_path / "program0.py.json").read_text())


def test_stages_cost_what_the_program_knows_that_they_cost(
    known: tuple[Execution, dict[str, dict[str, float]]],
) -> None:
    execution, told = known
    stages = direct(execution)

    assert list(stages) == ["B", "C", "D", "P1", "P2", "children"]
    for name, cost in stages.items():
        assert cost.wall_time_s == pytest.approx(told[name]["wall_s"], rel=0.02, abs=0.02), name
    for name in ("B", "children"):
        peak = stages[name].peak_rss_mb
        assert peak is not None
        assert peak == pytest.approx(told[name]["rss_mb"], rel=0.03), name
    for name in ("C", "D"):
        cpu = 100 * told[name]["cpu_s"] / told[name]["wall_s"]
        assert stages[name].avg_cpu_pct == pytest.approx(cpu, abs=10), name


def test_stages_side_by_side_are_reported_as_overlap(
    known: tuple[Execution, dict[str, dict[str, float]]],
) -> None:
    execution, told = known
    capture = Capture(execution, None)
    shared = min(told["P1"]["wall_s"], told["P2"]["wall_s"])

    assert capture.overlap_s == pytest.approx(shared, rel=0.02, abs=0.02)
    assert {look.processes for look in execution.looks} >= {1, 4}


def test_a_peak_between_two_samples_is_seen_by_a_larger_driftline(measure: Measure) -> None:
    own = bytearray(250 * 1024**2)
    execution = measure(
        """
        import time
        time.sleep(0.3)
        block = bytearray(200 * 1024**2)
        time.sleep(0.06)
        del block
        time.sleep(0.3)
        """,
        interval_s=60,
    )
    totals = Capture(execution, None).totals()

    assert totals["peak_rss_mb_sampled"] < 100
    assert 200 <= totals["peak_rss_mb"] < 240 < len(own) / 1024**2
    assert Capture(execution, None).peak_method() == HIGH_WATER


def test_the_peak_of_a_stage_without_a_sample_is_its_high_water_mark(measure: Measure) -> None:
    execution = measure(
        """
        import time, driftline
        block = bytearray(100 * 1024**2)
        del block
        time.sleep(0.1)
        with driftline.stage("short"):
            block = bytearray(60 * 1024**2)
            del block
        """,
        interval_s=60,
    )
    # The look that the border of a stage is worth came too late, or did not.
    execution.looks = execution.looks[:1]
    short = direct(execution)["short"]

    assert (short.method, short.samples, short.avg_cpu_pct) == (HIGH_WATER, 0, None)
    assert short.peak_rss_mb is not None
    assert 60 <= short.peak_rss_mb < 100


def test_a_program_in_another_language_marks_its_stages_with_the_file(measure: Measure, tmp_path: Path) -> None:
    script = tmp_path / "pipeline.sh"
    script.write_text(
        """
        mark() { printf '%s\\n' "$1" >> "$DRIFTLINE_STAGES"; }
        mark '{"stage": "wait", "event": "start"}'
        sleep 0.5
        mark '{"stage": "wait", "event": "end"}'
        mark '{"stage": "count", "event": "start"}'
        i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done
        mark '{"count": {"api_calls": 3, "tokens": 900}}'
        mark '{"stage": "count", "event": "end"}'
        mark '{"stage": "hold", "event": "start"}'
        held=$(head -c 60000000 /dev/zero | tr '\\0' x)
        sleep 0.4
        mark '{"stage": "hold", "event": "end"}'
        """
    )
    execution = measure(["sh", str(script)])
    stages = direct(execution)
    wait, count, hold = (stages[name] for name in ("wait", "count", "hold"))

    # A mark without a time is of the moment it is read: no sleep is shorter than it was asked to be.
    assert wait.wall_time_s > 0.47
    # Who computes gets no more of a core than other programs leave it.
    assert (wait.avg_cpu_pct or 0) < 20 < (count.avg_cpu_pct or 0)
    assert (wait.peak_rss_mb or 0) < 20 < 57 < (hold.peak_rss_mb or 0) < 300
    assert execution.log.counts == {("count", ""): {"api_calls": 3.0, "tokens": 900.0}}


def test_a_command_that_is_smaller_than_its_warden_has_the_memory_of_its_looks(measure: Measure) -> None:
    execution = measure(["sleep", "0.3"])
    assert execution.high_water_mb is not None
    assert execution.high_water_mb < 6


def test_the_time_of_who_nobody_waits_for_counts(measure: Measure) -> None:
    execution = measure(
        """
        import subprocess, sys, time
        burn = "import time\\nuntil = time.process_time() + 0.4\\nwhile time.process_time() < until: pass"
        subprocess.Popen(["sh", "-c", '"$@" & exit 0', "sh", sys.executable, "-c", burn])
        time.sleep(0.9)
        """
    )
    assert (execution.user_s or 0) + (execution.system_s or 0) > 0.4


def test_stages_inside_of_others_are_no_overlap(measure: Measure) -> None:
    execution = measure(
        """
        import time, driftline
        with driftline.stage("outer"):
            with driftline.stage("inner"):
                time.sleep(0.3)
        """
    )
    assert Capture(execution, None).overlap_s < 0.01


def test_all_that_the_tree_used_is_counted_once(measure: Measure) -> None:
    execution = measure(
        """
        import subprocess, sys, time
        burn = "import time\\nuntil = time.process_time() + 0.3\\nwhile time.process_time() < until: pass"
        for _ in range(3):
            subprocess.run([sys.executable, "-c", burn])
        time.sleep(0.25)
        """
    )
    used = (execution.user_s or 0) + (execution.system_s or 0)

    assert used > 0.9
    assert execution.looks[-1].cpu_s == pytest.approx(used, abs=0.1)
    assert [b.cpu_s >= a.cpu_s for a, b in pairwise(execution.looks)].count(False) == 0


def test_the_warden_loads_little() -> None:
    """What the kernel says of the largest process counts from the size of the one that starts it."""
    imported = {
        name.split(".")[0]
        for line in Path(warden.__file__).read_text().splitlines()
        if line.startswith(("import ", "from "))
        for name in [line.split()[1]]
    }
    assert imported <= {
        "__future__",
        "json",
        "os",
        "resource",
        "select",
        "signal",
        "sys",
        "time",
        "contextlib",
        "typing",
    }


def test_proportional_memory_that_was_not_added_up_near_the_peak_is_not_told(measure: Measure) -> None:
    execution = measure(
        """
        import time
        time.sleep(0.2)
        block = bytearray(100 * 1024**2)
        time.sleep(0.3)
        """
    )
    looks = [replace(look, pss_mb=look.rss_mb if look.rss_mb < 90 else None) for look in execution.looks]
    told = Capture(execution, None).totals().get("peak_pss_mb")
    untold = Capture(replace(execution, looks=looks), None).totals()

    assert told is None or told > 90
    assert any(look.pss_mb for look in looks)
    assert "peak_pss_mb" not in untold
