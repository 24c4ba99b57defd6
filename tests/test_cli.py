"""The commands: what they print where, how they exit, which root they take, and what of an artifact is shown."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from driftline import __version__
from roots import SOURCE, Root, metrics, prediction, profile

if TYPE_CHECKING:
    from console import Run

pytest_plugins = ("console",)
GOLDEN = Path(__file__).parent / "golden"
PROGRAM = (sys.executable, "-c", "from driftline.cli import main; main()")
HOSTILE = "\x1b[31mred\x07\u202egnp.exe"


def start(*arguments: Any, environment: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
    """The command as a program of its own."""
    known = {**os.environ, "PYTHONPATH": str(SOURCE), **(environment or {})}
    return subprocess.Popen([*PROGRAM, *map(str, arguments)], env=known, **options)


def on_terminal(*arguments: Any, **environment: str) -> str:
    """What the command writes to its terminal."""
    controller, end = pty.openpty()
    written = bytearray()
    with start(*arguments, stdout=end, stderr=end, environment=environment):
        os.close(end)
        while chunk := _read(controller):
            written += chunk
        os.close(controller)
    return written.decode()


def _read(controller: int) -> bytes:
    """The next bytes of a terminal; none when its other end is closed, which Linux tells by EIO."""
    try:
        return os.read(controller, 65536)
    except OSError:
        return b""


def broken_root(folder: Path) -> Root:
    """A sound baseline, a candidate with a bad line, a run that nothing can be read of, a profile that is no YAML."""
    root = Root(folder).whole_run("baselines/b", metrics=metrics(2, latency_ms=2000.0))
    dated = {"run_context": {"run_id": "2026-01-02T00:00:00Z"}}
    root.run("runs/c", metrics=metrics(2, latency_ms=3000.0), fingerprint=dated)
    good, other = (json.dumps(prediction(name, processing_time_seconds=3)) for name in ("e1", "e2"))
    root.file("eval/runs/c/predictions.jsonl", f"{good}\n{{not json\n{other}\n")
    root.file("eval/runs/broken/metrics.json", "[1, 2")
    root.profile("v1", profile("v1", stages={"load": {"wall_time_s": 1.5}}, totals={"wall_time_s": 2.0}))
    return root.file("profiles/v2.yaml", "release: v2\n\tstages: [")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return broken_root(tmp_path / "root").folder


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return Root(tmp_path / "sound").whole_run("baselines/b").folder


def held_to(name: str, text: str) -> None:
    """Compares with a golden file, byte by byte; `GOLDEN=write` writes it instead."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text.encode() == path.read_bytes()


def test_check_prints_its_problems_as_a_table(broken: Path, driftline: Run) -> None:
    check = driftline("check", "--root", broken)

    held_to("check_table.txt", check.out)
    assert check.code == 0


def test_check_prints_every_problem_as_json(broken: Path, driftline: Run) -> None:
    check = driftline("check", "--root", broken, "--format", "json")

    held_to("check_json.txt", check.out)
    assert {row["severity"] for row in json.loads(check.out)} == {"error", "warning", "info"}


def test_check_says_on_stderr_what_was_loaded(broken: Path, driftline: Run) -> None:
    check = driftline("check", "--root", broken)

    assert check.err.startswith(
        f"{broken}: 3 runs with 4 predictions, 1 profiles, 0 releases on both sides; problems: "
    )


def test_check_folds_missing_optional_files_unless_asked(broken: Path, driftline: Run) -> None:
    assert "info" not in driftline("check", "--root", broken).out
    assert "\ninfo" in driftline("check", "--root", broken, "--all").out


def test_strict_exits_2_only_where_a_problem_is_an_error(broken: Path, sound: Path, driftline: Run) -> None:
    assert driftline("check", "--root", broken, "--strict").code == 2
    assert driftline("check", "--root", sound, "--strict").code == 0


def test_check_of_a_sound_root_prints_nothing_to_mend(sound: Path, driftline: Run) -> None:
    check = driftline("check", "--root", sound)

    assert (check.code, check.out) == (0, "")
    assert check.err.endswith("problems: 0 errors, 0 warnings, 0 notes\n")


def test_check_knows_two_formats(sound: Path, driftline: Run) -> None:
    check = driftline("check", "--root", sound, "--format", "csv")

    assert (check.code, check.out) == (2, "")
    assert check.err == "driftline: check does not print csv\n  use --format table or --format json\n"


def test_refresh_fills_the_cache_and_talks_on_stderr(sound: Path, driftline: Run) -> None:
    refresh = driftline("refresh", "--root", sound)

    assert (refresh.code, refresh.out) == (0, "")
    assert refresh.err.startswith(f"{sound}: 1 runs with 2 predictions")
    assert list((sound / ".driftline").rglob("*.parquet"))


def test_the_version_and_the_help(driftline: Run) -> None:
    assert driftline("--version").out == f"driftline {__version__}\n"
    assert driftline("--help").code == 0
    assert driftline().code == 2


@pytest.mark.parametrize("arguments", [("nosuch",), ("check", "--nosuch"), ("sql",), ("sql", "--format", "xml", "x")])
def test_wrong_usage_exits_2_on_stderr(driftline: Run, arguments: tuple[str, ...]) -> None:
    wrong = driftline(*arguments)

    assert (wrong.code, wrong.out) == (2, "")
    assert "Usage: driftline" in wrong.err


def test_without_a_root_the_command_that_makes_one_is_named(driftline: Run) -> None:
    lost = driftline("check")

    assert (lost.code, lost.out) == (2, "")
    assert lost.err.startswith("driftline: no root here: ")
    assert "python -m driftline.demo --out data" in lost.err


def test_a_root_that_is_a_file_or_is_not_there(tmp_path: Path, driftline: Run) -> None:
    file = tmp_path / "file"
    file.write_text("text")
    for root in (file, tmp_path / "none"):
        lost = driftline("check", "--root", root)
        assert (lost.code, lost.out) == (2, "")
        assert lost.err.startswith(f"driftline: no directory {root}\n  name the directory ")


def test_the_root_is_the_option_then_the_variable_then_data_then_here(
    tmp_path: Path, driftline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Root(tmp_path / "here").whole_run("runs/here").folder
    names = {"option": tmp_path / "option", "variable": tmp_path / "variable", "data": here / "data"}
    for name, folder in names.items():
        Root(folder).whole_run(f"runs/{name}")

    def used(*options: Any) -> str:
        return (
            driftline("sql", *options, "--format", "csv", "select run from runs", cwd=here).out.split("/")[-1].strip()
        )

    monkeypatch.setenv("DRIFTLINE_ROOT", str(names["variable"]))
    assert used("--root", names["option"]) == "option"
    assert used() == "variable"
    monkeypatch.delenv("DRIFTLINE_ROOT")
    assert used() == "data"
    (here / "data").rename(here / "elsewhere")
    assert used() == "here"


def test_an_unknown_directory_in_the_variable_is_told(driftline: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTLINE_ROOT", "/nowhere/at/all")
    lost = driftline("check")

    assert (lost.code, lost.err.splitlines()[0]) == (2, "driftline: no directory /nowhere/at/all")


def test_names_of_artifacts_are_shown_and_never_sent(tmp_path: Path, driftline: Run) -> None:
    root = Root(tmp_path / "root").whole_run("runs/a").file(f"eval/runs/{HOSTILE}/metrics.json", "[1")
    check = driftline("check", "--root", root.folder)

    assert not {"\x1b", "\x07", "\u202e"} & set(check.out + check.err)
    assert "\\x1b[31mred\\x07\\u202egnp.exe" in check.out


def test_a_root_with_a_hostile_name_is_told_without_its_escapes(tmp_path: Path, driftline: Run) -> None:
    lost = driftline("check", "--root", tmp_path / HOSTILE)

    assert lost.code == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(lost.err)


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_serve_refuses_what_is_no_port(sound: Path, driftline: Run, port: str) -> None:
    refused = driftline("serve", "--root", sound, "--port", port)

    assert (refused.code, refused.out) == (2, "")
    assert f"driftline: {port} is no port\n  choose one from 1 to 65535, or --port 0" in refused.err


def test_serve_refuses_a_port_in_use_and_an_address_that_is_not_here(sound: Path, driftline: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = driftline("serve", "--root", sound, "--port", port)
    assert (refused.code, refused.out) == (2, "")
    assert f"driftline: port {port} on 127.0.0.1 is in use\n  choose another one: " in refused.err

    foreign = driftline("serve", "--root", sound, "--port", "0", "--address", "192.0.2.1")
    assert foreign.code == 2
    assert "driftline: cannot listen on port 0 of 192.0.2.1: " in foreign.err


def test_a_reader_that_stops_reading_is_no_fault(sound: Path) -> None:
    for layout in ("table", "csv"):
        statement = "select range as n, repeat('x', 200) as text from range(2000)"
        arguments = ("sql", "--root", sound, "--format", layout, statement)
        with start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0


def test_progress_is_drawn_on_a_terminal_only(broken: Path, sound: Path) -> None:
    with start("refresh", "--root", sound, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        out, err = process.communicate()
    assert (out, err.count(b"\n"), b"\x1b" in err, b"reading" in err) == (b"", 1, False, False)

    assert "reading" in on_terminal("refresh", "--root", broken, TERM="xterm")


def test_a_table_on_a_terminal_is_as_wide_as_the_terminal(sound: Path) -> None:
    statement = "select repeat('word ', 60) as text, chr(27) || '[31m' as escape"
    written = on_terminal("sql", "--root", sound, statement, TERM="xterm", COLUMNS="60")

    shown = [line for line in written.replace("\r", "").split("\n") if line.strip() and "\x1b" not in line]
    assert shown
    assert max(map(len, shown)) <= 60
    assert "\x1b[31m" not in written
