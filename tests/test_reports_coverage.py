"""Which releases have which side: the rows of SQL, and what the table and its title say of them."""

from __future__ import annotations

import pytest

from driftline import queries
from driftline.reports import coverage
from roots import Root, metrics, prediction, profile
from test_html import Reader

TOTALS, HOSTILE = {"wall_time_s": 1}, "<script>v1</script>"


def evaluated(root: Root, key: str, release: str | None, episodes: int = 1) -> Root:
    content = {"release": release} if release else {}
    written = [prediction(f"e{number}") for number in range(episodes)]
    return root.run(key, metrics=metrics(episodes), predictions=written, fingerprint=content)


def read(root: Root) -> queries.Table:
    with root.open() as store:
        return queries.coverage(store.connection)


def rows(root: Root) -> list[list[str]]:
    body = coverage.render(read(root)).partition("<tbody>")[2]
    return [[Reader(cell).text for cell in row.split("</td>")[:-1]] for row in body.split("</tr>")[:-1]]


def test_every_release_has_a_row_and_what_is_missing_is_a_word(root: Root) -> None:
    root.profile("p1", profile("v2", "2026-01-02T03:04:00Z", captures=[{"totals": TOTALS}] * 2))
    root.profile("p2", profile("v10", None, totals=TOTALS))
    evaluated(root, "runs/b", "v2", 3)
    evaluated(root, "baselines/a", "v2", 2)
    evaluated(root, "runs/c", "v9")
    evaluated(root, "runs/d", None)
    evaluated(root, "runs/e", None)
    evaluated(root, "references/silver/s", None)
    assert [[row[0], *row[2:]] for row in rows(root)] == [
        ["v10", "", "date not stated", "1"],
        ["v2", "2", "2026-01-02 03:04", "2"],
        ["v9", "1", "missing", ""],
        ["none", "", "missing", ""],
    ]
    evaluations = [row[1] for row in rows(root)]
    assert evaluations[0] == "missing"
    assert evaluations[1].endswith(" and 1 more")
    assert evaluations[3] == "2 runs without a release"
    assert [row["run"] for row in read(root).rows] == [None, "baselines/a", "runs/c", "runs/d"]


def test_a_reference_is_no_evaluation_of_a_release(root: Root) -> None:
    root.profile("p1", profile("v1", totals=TOTALS))
    evaluated(root, "references/silver/s", "v1")
    assert coverage.title(read(root).rows) == "The one release has no evaluation"


@pytest.mark.parametrize(("release", "is_told"), [("v1", False), (None, True), ("v2", True)])
def test_the_remedy_is_told_where_a_run_or_a_profile_stands_alone(
    root: Root, release: str | None, is_told: bool
) -> None:
    root.profile("p1", profile("v1", totals=TOTALS))
    evaluated(root, "runs/a", release)
    assert ("<code>driftline releases map RUN RELEASE</code>" in coverage.render(read(root))) == is_told


@pytest.mark.parametrize(
    ("profiles", "releases", "unnamed", "title"),
    [
        ([], [], 0, "No release is named"),
        ([], [], 1, "No release is named; 1 run has no release"),
        (["v1"], ["v1"], 0, "The one release has an evaluation and a profile"),
        (["v1", "v2"], ["v1", "v2"], 2, "All 2 releases have an evaluation and a profile; 2 runs have no release"),
        (["v1"], [], 0, "The one release has no evaluation"),
        (["v1", "v2"], ["v1"], 0, "Of 2 releases 1 has no evaluation"),
        (["v1"], ["v1", "v2", "v3"], 0, "Of 3 releases 2 have no profile"),
        (["v1"], ["v2"], 0, "Of 2 releases 1 has no evaluation and 1 has no profile"),
    ],
)
def test_the_title_counts_what_is_missing(
    root: Root, profiles: list[str], releases: list[str], unnamed: int, title: str
) -> None:
    for name in profiles:
        root.profile(name, profile(name))
    for name in releases:
        evaluated(root, f"runs/{name}", name)
    for number in range(unnamed):
        evaluated(root, f"runs/u{number}", None)
    assert coverage.title(read(root).rows) == title


def test_an_empty_root_says_so(root: Root) -> None:
    assert "Neither runs nor profiles are here." in coverage.render(read(root))


def test_archived_ones_are_no_side(root: Root) -> None:
    root.profile("_archive/p", profile("v1"))
    evaluated(root, "runs/_archive/r", "v1")
    assert read(root).rows == []


def test_names_are_text(root: Root) -> None:
    root.profile("p", profile(HOSTILE))
    evaluated(root, "runs/r", HOSTILE)
    assert rows(root)[0][0] == HOSTILE
    assert "script" not in Reader(coverage.render(read(root))).elements


def test_of_many_releases_the_newest_are_shown_and_the_rest_is_folded(root: Root) -> None:
    for day in range(1, coverage.SHOWN + 4):
        root.profile(f"v{day}", profile(f"v{day}", f"2026-01-{day:02}T00:00:00Z", totals=TOTALS))
    before, folded = coverage.render(read(root)).split("<summary>3 earlier</summary>")
    assert [f'<td class="">v{day}</td>' in before for day in range(1, coverage.SHOWN + 4)] == [False] * 3 + [True] * 20
    assert [f'<td class="">v{day}</td>' in folded for day in range(1, 5)] == [True] * 3 + [False]
