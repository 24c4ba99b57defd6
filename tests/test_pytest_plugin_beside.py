"""The pytest plugin beside other programs: what they call as we do is theirs until something of ours is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tested import Project

pytest_plugins = ("pytester", "tested")
USES_NOTHING = "def test_fast(): pass\n@pytest.mark.slow\ndef test_slow(): pass"
VARIABLES = [
    ("REGRESSION_THRESHOLD", "20", "for 20 % write 0.2"),
    ("REGRESSION_THRESHOLD", "abc", "REGRESSION_THRESHOLD is no number: 'abc'"),
    ("BENCHMARK_MODE", "fast", "there is no mode 'fast'"),
    ("ENABLE_PERFORMANCE_RECORDING", "maybe", "ENABLE_PERFORMANCE_RECORDING is 'maybe'"),
]


@pytest.mark.parametrize(("variable", "value", "said"), VARIABLES)
def test_a_variable_of_another_program_stops_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    session = project.write(USES_NOTHING).run()
    assert (session.code, "2 passed" in session.out) == (0, True)
    assert said not in session.out + session.err
    assert "= driftline =" not in session.out


@pytest.mark.parametrize(("variable", "value", "said"), VARIABLES)
@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("def test_it(performance): performance['a_s'] = 1", ()),
        ("@pytest.mark.performance\ndef test_it(): pass", ()),
        ("def test_it(): pass", ("--performance-record",)),
        ("def test_it(): pass", ("--performance-root", "data")),
    ],
)
def test_where_something_of_ours_is_used_a_variable_that_means_nothing_fails_the_session(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str, source: str,
    options: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.setenv(variable, value)
    session = project.write(source).run(*options)
    assert (session.code, "1 passed" in session.out) == (1, True)
    assert session.section[0].startswith("error: ")
    assert said in session.out


def test_what_was_measured_by_a_limit_that_means_nothing_is_recorded_and_not_judged(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGRESSION_THRESHOLD", "20")
    session = project.baselines(a_s=1.0).record(a_s=9)
    assert session.code == 1
    assert "nothing is compared: there is no limit" in session.section
    assert "regressed" not in session.out
    assert [record["metrics"] for record in project.records()] == [{"a_s": 9}]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--performance-threshold", "20"), "for 20 % write 0.2"),
        (("--performance-threshold", "0"), "a fraction above 0 is expected"),
        (("--performance-mode", "fast"), "there is no mode 'fast'"),
        (("--performance-baselines", "none.json"), "none.json"),
    ],
)
def test_an_option_that_means_nothing_stops_before_a_test_runs(
    project: Project, options: tuple[str, ...], said: str
) -> None:
    session = project.write(USES_NOTHING).run(*options)
    assert (session.code, said in session.err, "passed" in session.out) == (4, True, False)


def test_an_option_makes_its_variable_of_no_account(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value, _ in VARIABLES[1:3]:
        monkeypatch.setenv(variable, value)
    session = project.measures(a_s=1).run("--performance-threshold", "0.3", "--performance-mode", "quick")
    assert session.code == 0


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("pytest.ini", "[pytest]\nmarkers =\n    performance(budget): of this project\n"),
        (
            "conftest.py",
            "def pytest_configure(config):\n    config.addinivalue_line('markers', 'performance: of this project')\n",
        ),
    ],
)
def test_a_marker_that_the_project_registers_itself_is_its_own(project: Project, file: str, told: str) -> None:
    (project.folder / file).write_text(told)
    project.write(
        "@pytest.mark.performance('1 s')\ndef test_theirs(): pass\n"
        "@pytest.mark.performance('2 s')\ndef test_ours(performance): performance['a_s'] = 1\n"
    )
    session = project.run("--performance-record", "--strict-markers")
    assert session.code == 0
    assert [record["metrics"] for record in project.records()] == [{"a_s": 1}]
    assert "performance(metric=None)" not in project.run("--markers").out
