"""driftline or the command is killed at a random moment: nothing is half-written, nothing goes on, the next works."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from textwrap import dedent

import psutil
import pytest
import yaml

from browser import COMMAND
from console import Run
from measured import runs, wait_for_descendant
from roots import SOURCE

pytest_plugins = ("console",)

ROUNDS, AT_ONCE = 100, 4
# A pipeline that names its processes, one of which is a child of a child.
PIPELINE = """
    import os, subprocess, sys, time
    import driftline
    def note(pid):
        with open(sys.argv[1], "a") as file:
            file.write(f"{pid}\\n")
    note(os.getpid())
    with driftline.stage("work"):
        child = subprocess.Popen(["sh", "-c", "sleep 5 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
        note(child.pid)
        note(int(child.stdout.readline()))
        time.sleep(0.1)
    child.kill()
"""
FREEZE = """
    import sys
    from pathlib import Path
    from driftline.lifecycle.freeze import freeze
    from driftline.lifecycle.plan import Plan
    plan = Plan("v1", Path(sys.argv[1]), sys.argv[2:], warmups=0, interval_s=0.02, may_replace=True)
    sys.exit(freeze(plan, lambda line: print(line, flush=True)).exit_code)
"""


def pids(path: Path) -> list[int]:
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [int(line) for line in lines]


def one_round(folder: Path, seed: int) -> tuple[bool, str]:
    """Kills driftline (even seeds) or the command (odd) at a moment of its own, most often while the command runs;
    whether it did, and what is wrong."""
    choose = random.Random(seed)
    folder.mkdir()
    target, noted = folder / "profiles/v1.yaml", folder / "pids"
    program = folder / "pipeline.py"
    program.write_text(dedent(PIPELINE))
    command = [sys.executable, "-c", dedent(FREEZE), str(target), sys.executable, str(program), str(noted)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while seed % 5 and process.poll() is None and not pids(noted):
        pass
    with suppress(subprocess.TimeoutExpired):
        process.wait(choose.random() * 0.25)
    running = pids(noted)
    victim = running[0] if seed % 2 and running else process.pid
    was_running = bool(running) and runs(running[0])
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    process.communicate(timeout=60)
    wrong = [f"{pid} goes on" for pid in pids(noted) if runs(pid, patience_s=10)]
    for path in folder.glob("profiles/*.yaml"):
        content = yaml.safe_load(path.read_text())
        wrong += [] if path.name == "v1.partial.yaml" or len(content["captures"]) == 1 else [f"half of {path.name}"]
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    wrong += [again.stderr] if again.returncode or not target.exists() else []
    wrong += [f"{path.name} is left" for path in folder.rglob(".*")]
    return was_running, f"round {seed}: {', '.join(wrong)}" if wrong else ""


def test_a_kill_at_any_moment_leaves_nothing_half_and_nothing_running(tmp_path: Path) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda seed: one_round(tmp_path / str(seed), seed), range(ROUNDS)))

    assert [wrong for _, wrong in found if wrong] == []
    assert sum(was_running for was_running, _ in found) > ROUNDS / 4


# Kills itself before the nth time that a file comes to its place.
SUICIDAL = """
    import os, signal, sys
    left = [int(sys.argv.pop(1))]
    def before(call):
        def counted(*args, **kwargs):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return call(*args, **kwargs)
        return counted
    os.replace, os.link, os.unlink = before(os.replace), before(os.link), before(os.unlink)
"""


def test_a_kill_while_files_are_written_leaves_each_whole_or_not_there(tmp_path: Path) -> None:
    ended: list[int] = []
    while 0 not in ended:
        number = len(ended)
        target = tmp_path / str(number) / "v1.yaml"
        code = dedent(SUICIDAL) + dedent(FREEZE).replace("may_replace=True", "may_replace=False")
        command = [sys.executable, "-c", code, str(number), str(target), "true"]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        ended.append(subprocess.run(command, env=environment, capture_output=True, check=False).returncode)
        truth = target.with_name("v1.stage_truth.json")
        if target.exists():
            assert len(yaml.safe_load(target.read_text())["captures"]) == 1
            assert json.loads(truth.read_text())["release"] == "v1"
        elif truth.exists():
            assert json.loads(truth.read_text())["release"] == "v1"
        assert ended[-1] in (0, -signal.SIGKILL)
    assert len(ended) > 3


def test_scratch_folders_do_not_outlive_a_killed_driftline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    code = dedent(FREEZE)
    command = [sys.executable, "-c", code, str(tmp_path / "v1.yaml"), "sleep", "60"]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while "capture 1 of 1" not in process.stdout.readline():
        pass
    wait_for_descendant(process, "sleep")
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()

    assert [child.pid for child in children if runs(child.pid, patience_s=10)] == []
    assert list(scratch.iterdir()) == []


def test_what_left_the_group_of_a_killed_driftline_is_listed(tmp_path: Path, driftline: Run) -> None:
    root = tmp_path / "root"
    daemon = "import subprocess, time; subprocess.Popen(['sleep', '60'], start_new_session=True); time.sleep(60)"
    command = [*COMMAND, "profile", "freeze", "--version", "v1", "--warmup", "0", "--root", str(root)]
    process = subprocess.Popen([*command, "--", sys.executable, "-c", daemon], stderr=subprocess.DEVNULL)
    sleeping = wait_for_descendant(process, "sleep").pid
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    try:
        assert [child.pid for child in children if runs(child.pid, 10 if child.pid != sleeping else 0)] == [sleeping]
        told = driftline("profile", "list", "--root", root)
        assert f"sleep ({sleeping})" in told.err
    finally:
        os.kill(sleeping, signal.SIGKILL)
