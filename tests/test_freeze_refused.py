"""What a freeze refuses, and what it leaves where a run or a write fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from console import Run
from driftline.lifecycle import freeze as freezing
from driftline.store import open_store
from freezing import PIPELINE, Freeze, files, loaded

pytest_plugins = ("console", "measured", "freezing")


def test_what_is_there_is_kept_unless_it_may_be_replaced_and_what_is_promoted_always(
    freeze: Freeze, tmp_path: Path
) -> None:
    assert freeze("pass", "--monitor").code == 0
    before = (tmp_path / "root/profiles/v1.yaml").read_bytes()
    told = freeze(PIPELINE)
    assert told.code == 2
    assert "add --replace" in told.err
    assert not list(tmp_path.glob("*.runs"))
    assert (tmp_path / "root/profiles/v1.yaml").read_bytes() == before

    assert freeze("pass", "--replace", "--no-stage-truth").code == 0
    assert (tmp_path / "root/profiles/v1.yaml").read_bytes() != before
    assert files(tmp_path) == ["v1.yaml"]

    with (tmp_path / "root/profiles/v1.yaml").open("a") as file:
        file.write("promoted: {promoted_id: v1}\n")
    told = freeze("pass", "--replace")
    assert (told.code, "promoted: it never changes" in told.err) == (2, True)


def test_a_profile_that_appears_meanwhile_is_not_replaced(freeze: Freeze, tmp_path: Path) -> None:
    target = tmp_path / "root/profiles/v1.yaml"
    told = freeze(f"open({str(target)!r}, 'w').write('mine')", "--warmup", 0)

    assert (told.code, target.read_text()) == (2, "mine")


@pytest.mark.parametrize(
    "version", ["", "../v1", "/tmp/v1", "a/b", ".v1", "-v1", "v 1", "v1\n", "v1.yaml", "v1.partial", "x" * 101,
                "\u202e", "_v1", "größer", "regression_rules"],
)  # fmt: skip
def test_a_version_is_a_plain_file_name(freeze: Freeze, tmp_path: Path, version: str) -> None:
    told = freeze("pass", version=version)

    assert (told.code, files(tmp_path)) == (2, [])
    assert "driftline: " in told.err


def test_what_was_measured_before_a_failure_is_kept_apart(freeze: Freeze, tmp_path: Path) -> None:
    failing = PIPELINE + '    if len(open(sys.argv[0] + ".runs").readlines()) == 3:\n        raise SystemExit(7)\n'
    told = freeze(failing, "--runs", 3, "--warmup", 1)
    partial = loaded(tmp_path, "v1.partial.yaml")

    assert told.code == 7
    assert files(tmp_path) == ["v1.partial.yaml"]
    assert len(partial["captures"]) == 1
    assert (partial["partial"]["reason"], partial["partial"]["exit_code"]) == ("the command exited with 7", 7)
    assert partial["stages"] == {name: dict(stage) for name, stage in partial["captures"][0]["stages"].items()}
    with open_store(tmp_path / "root") as store:
        assert store.connection.execute("select count(*) from profiles").fetchall() == [(0,)]

    assert freeze("pass").code == 0
    assert "v1.partial.yaml" not in files(tmp_path)


def test_a_failing_warm_up_measures_nothing(freeze: Freeze, tmp_path: Path) -> None:
    told = freeze("raise SystemExit(9)")

    assert (told.code, files(tmp_path)) == (9, [])
    assert "in a warm-up: nothing was measured" in told.err


def test_companions_come_first_so_that_a_profile_that_is_there_is_whole(
    freeze: Freeze, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    write_new = freezing.write_new

    def watched(path: Path, text: str) -> None:
        seen.append(files(tmp_path))
        write_new(path, text)

    monkeypatch.setattr(freezing, "write_new", watched)
    freeze(PIPELINE, "--monitor", "--warmup", 0)

    assert seen == [["v1.monitor.log", "v1.stage_truth.json"]]


def test_a_freeze_makes_the_root_that_it_writes_to(driftline: Run, tmp_path: Path) -> None:
    told = driftline("profile", "freeze", "--version", "v1", "--warmup", 0, "--", "true", cwd=tmp_path)

    assert (told.code, told.out) == (0, "")
    assert (tmp_path / "data/profiles/v1.yaml").exists()
    told = driftline("profile", "freeze", "--version", "v2", "--warmup", 0, "--", "/nowhere", cwd=tmp_path)
    assert (told.code, "cannot be started" in told.err) == (2, True)


def test_the_output_may_be_any_file_and_text_of_the_command_is_passed_on(driftline: Run, tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; print('out'); print('err', file=sys.stderr)")
    options = ("--version", "v1", "--warmup", 0, "--output", tmp_path / "here/x.yaml", "--root", tmp_path / "root")
    told = driftline("profile", "freeze", *options, "--", *command)

    assert (told.code, told.out) == (0, "out\n")
    assert "err\n" in told.err
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["x.stage_truth.json", "x.yaml"]


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(freeze: Freeze, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = freeze(PIPELINE, "--output", tmp_path / "file/x.yaml")

    assert (told.code, "cannot write into" in told.err) == (2, True)
    assert not list(tmp_path.glob("*.runs"))


def test_a_pipe_in_the_place_of_a_profile_is_told(freeze: Freeze, tmp_path: Path) -> None:
    (tmp_path / "root/profiles").mkdir(parents=True)
    os.mkfifo(tmp_path / "root/profiles/v1.yaml")

    assert (freeze("pass").code, freeze("pass", "--replace").code) == (2, 2)


def test_files_that_are_not_its_own_are_left_alone(freeze: Freeze, tmp_path: Path) -> None:
    folder = tmp_path / "root/profiles"
    folder.mkdir(parents=True)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (folder / ".notes.tmp").touch()
    (folder / f".v1.yaml.{'0' * 32}.{int(gone.stdout)}.tmp").touch()
    os.utime(folder / ".notes.tmp", (1, 1))
    freeze("pass", "--warmup", 0)

    assert files(tmp_path) == [".notes.tmp", "v1.stage_truth.json", "v1.yaml"]


@pytest.mark.parametrize("failing", ["write_new", "locked"])
def test_what_cannot_be_written_at_the_end_is_kept_apart(
    freeze: Freeze, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(freezing, failing, fail)
    told = freeze(PIPELINE, "--runs", 2, "--warmup", 0)
    partial = loaded(tmp_path, "v1.partial.yaml")

    assert (told.code, "No space left on device" in told.err) == (2, True)
    assert (len(partial["captures"]), partial["partial"]["exit_code"]) == (2, None)


def test_companions_of_a_profile_that_was_made_meanwhile_stay(freeze: Freeze, tmp_path: Path) -> None:
    folder = tmp_path / "root/profiles"
    names = ["v1.monitor.log", "v1.stage_truth.json", "v1.yaml"]
    written = "".join(f"open({str(folder / name)!r}, 'w').write('mine')\n" for name in names)
    told = freeze(written, "--warmup", 0, "--monitor")

    assert told.code == 2
    assert [(folder / name).read_text() for name in names] == ["mine"] * 3


def test_marks_that_lie_about_the_time_end_nothing(freeze: Freeze, tmp_path: Path) -> None:
    program = """
        import os, time
        with open(os.environ["DRIFTLINE_STAGES"], "a") as marks:
            for at in ("1" + "0" * 400, str(time.time() * 1000)):
                marks.write('{"stage": "x", "event": "start", "at": ' + at + "}\\n")
    """
    assert freeze(program, "--warmup", 0).code == 0
    assert "2 lines of the stage file were no marks" in loaded(tmp_path)["totals"]["sampling_note"]
