"""The pytest plugin: what tests measure becomes one record of the session, held against the baselines of its platform.

It is loaded into every project that it is installed beside: without its fixture, its marker, its options and its
variables it changes nothing, says nothing, and loads nothing but the standard library. A variable that means nothing
here may be that of another program: it is told of only where something of ours is used. A project that registers a
marker `performance` of its own has it for itself: there the fixture is what measures.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from driftline.errors import UserError
from driftline.measurements import Measurement, Performance
from driftline.session_settings import MODE, MODES, Settings, read_settings
from driftline.variables import RECORDING

MARKER = "performance"
MARKERS = (
    "performance(metric=None): record how long the test takes, under this name or as <test>_s (driftline)",
    "slow: a test that the modes quick and standard leave out (driftline)",
)
# Where the measurements of a test travel, from a worker of pytest-xdist too.
TAKEN, OWN_NAME, DROPPED = "driftline_taken", "driftline_own_name", "driftline_dropped"
MOST_NAMED = 5

_measured = pytest.StashKey[list[Measurement]]()
_phases = pytest.StashKey[dict[str, pytest.TestReport]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("driftline", "performance of tests (driftline)")
    add = group.addoption
    add("--performance-record", action="store_true", help=f"Record the session; as {RECORDING}=1 does.")
    add("--performance-root", metavar="DIR", help="The root; else DRIFTLINE_ROOT, or data/ below pytest's rootdir.")
    add("--performance-baselines", metavar="FILE", help="The baselines; else performance_baselines.json of the root.")
    add(
        "--performance-threshold", metavar="FRACTION", type=float,
        help="How much worse is a regression: 0.20 is 20 %%, as without it; else REGRESSION_THRESHOLD.",
    )  # fmt: skip
    add("--performance-mode", metavar="|".join(MODES), help=f"quick and standard leave out slow tests; else {MODE}.")
    add("--performance-no-fail", action="store_true", help="Tell of regressions, and exit as if there were none.")


def pytest_configure(config: pytest.Config) -> None:
    registered = {line.partition(":")[0].partition("(")[0].strip() for line in config.getini("markers")}
    times_marked = MARKER not in registered
    for line in MARKERS:
        if line.partition(":")[0].partition("(")[0] not in registered:
            config.addinivalue_line("markers", line)
    try:
        settings = read_settings(config, times_marked)
    except UserError as error:
        raise pytest.UsageError(f"{error.message}: {error.remedy}") from None
    config.pluginmanager.register(Measuring(config, settings), "driftline-measuring")


@pytest.fixture
def performance(request: pytest.FixtureRequest) -> Performance:
    """Takes what this test measures: `performance.record(name, value)`, `performance.timer(name)`,
    `performance.throughput(name, items)`, `performance.measure(function, …)`, `performance.relative(function, …)`."""
    taken: list[Measurement] = []
    request.node.stash[_measured] = taken
    return Performance(taken)


# Each is itself and no other: pytest 7 hashes its plugins.
@dataclass(eq=False)
class Measuring:
    """Takes the measurements of a session. In a worker of pytest-xdist it only sends them, with the reports."""

    config: pytest.Config
    settings: Settings
    taken: list[Measurement] = field(default_factory=list)
    own_names: dict[str, dict[str, Measurement]] = field(default_factory=dict)
    dropped: dict[str, None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if not self.settings.leaves_out_slow:
            return
        slow = [item for item in items if item.get_closest_marker("slow")]
        if slow:
            config.hook.pytest_deselected(items=slow)
            items[:] = [item for item in items if not item.get_closest_marker("slow")]

    # Not `wrapper`, which pytest 7 does not know.
    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, None]:
        report: pytest.TestReport = (yield).get_result()
        phases = item.stash.setdefault(_phases, {})
        # A subtest that failed reports before its test does, which may pass.
        if report.when and not (report.when in phases and phases[report.when].failed):
            phases[report.when] = report
        if report.when == "teardown":
            _put_measured(item, phases, report, item.get_closest_marker(MARKER) if self.settings.times_marked else None)
            del item.stash[_phases]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = report.__dict__
        self.taken += [Measurement(*one) for one in said.get(TAKEN, ())]
        if own := said.get(OWN_NAME):
            self.own_names.setdefault(own[0], {})[report.nodeid] = Measurement(*own)
        if DROPPED in said:
            self.dropped[report.nodeid] = None
        elif TAKEN in said:
            # It was run again, and passed.
            self.dropped.pop(report.nodeid, None)

    # Before others look at the exit status.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        ran = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        has_measured = bool(self.taken or self.own_names or self.dropped)
        if hasattr(self.config, "workerinput") or self.config.option.collectonly:
            return
        if not ran:
            if has_measured or self.settings.is_recorded:
                self.lines.append("the session was broken off: nothing is recorded, and nothing compared")
            return
        if not (has_measured or self.settings.is_asked or (self.settings.is_used and self.settings.faults)):
            return
        for fault in self.settings.faults:
            self.lines += [f"error: {fault.message}", f"  {fault.remedy}"]
        try:
            is_failed = self._close() or bool(self.settings.faults)
        except Exception as error:
            # A fault of ours must not hide what the tests told.
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.lines += [f"error: driftline failed: {error!r} ({Path(where.filename).name}:{where.lineno})",
                           "  nothing is judged; run again with -p no:driftline, and report it"]  # fmt: skip
            is_failed = True
        if is_failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _close(self) -> bool:
        """Whether the session is to fail."""
        notes, measurements = [], list(self.taken)
        for name, by_test in self.own_names.items():
            if len(by_test) > 1:
                notes += [f"{name}: {len(by_test)} tests are called so, and none of them counts",
                          "  name what they measure: @pytest.mark.performance(metric='search_s')"]  # fmt: skip
            else:
                measurements += by_test.values()
        if self.dropped:
            more = "" if len(self.dropped) <= MOST_NAMED else f" and {len(self.dropped) - MOST_NAMED} more"
            told = f"{', '.join(list(self.dropped)[:MOST_NAMED])}{more}"
            notes.append(f"left out, as these tests did not pass: {told}")
        if not measurements:
            self.lines += ["nothing was measured" + " and nothing recorded" * self.settings.is_recorded, *notes]
            return False
        from driftline.tested_session import Tested, close

        settings = self.settings
        outcome = close(
            Tested(
                self.config.rootpath, settings.root, settings.history, settings.baselines,
                settings.threshold, settings.is_recorded,
                settings.environ.get("PERFORMANCE_RUN_TYPE", "").strip() or "manual",
                time.perf_counter() - self.started, settings.environ,
            ),
            measurements,
        )  # fmt: skip
        self.lines += [*outcome.lines, *notes]
        if outcome.regressed:
            self.lines += [f"regressed: {', '.join(outcome.regressed)}", f"  {_what_now(settings.is_failing)}"]
        return outcome.has_failed or (bool(outcome.regressed) and settings.is_failing)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if lines := self._taken_lines():
            terminalreporter.section("driftline")
            for line in lines:
                terminalreporter.write_line(line, **({"red": True} if line.startswith(("error", "regressed:")) else {}))

    def pytest_unconfigure(self) -> None:
        """Where there is no summary, it is said all the same."""
        for line in self._taken_lines():
            print(line, file=sys.stderr)

    def _taken_lines(self) -> list[str]:
        if not self.lines:
            return []
        from driftline.reports.tables import visible

        lines, self.lines = self.lines, []
        return [visible(line) for line in lines]


def _what_now(is_failing: bool) -> str:
    if not is_failing:
        return "the exit status is as if there were none: --performance-no-fail"
    return "so the exit status is 1; mend it, run again to see whether it lasts, or let it pass: --performance-no-fail"


def _put_measured(
    item: pytest.Item, phases: dict[str, pytest.TestReport], report: pytest.TestReport, marker: pytest.Mark | None
) -> None:
    """Puts what the test measured on its last report, if it passed."""
    taken, call = item.stash.get(_measured, []), phases.get("call")
    if not taken and not (marker and call):
        return
    said = report.__dict__
    if call is None or not all(one.passed for one in phases.values()):
        said[DROPPED] = True
        return
    said[TAKEN] = [list(one) for one in taken]
    if marker:
        metric = marker.kwargs.get("metric", next(iter(marker.args), None))
        timed = ["" if metric is None else str(metric), call.duration, "seconds"]
        if timed[0]:
            said[TAKEN].append(timed)
        else:
            said[OWN_NAME] = [item.name, *timed[1:]]
