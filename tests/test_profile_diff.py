"""`driftline profile diff`: the numbers of stage_deltas, what got worse, the exit codes, three layouts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hostile import hostile_root
from profile_roots import by_name, frozen
from roots import Root, profile

if TYPE_CHECKING:
    from console import Run
    from profile_pairs import Diff

pytest_plugins = ("console", "profile_pairs")


def test_every_number_is_that_of_stage_deltas(pair: Root, diff: Diff) -> None:
    answer = diff(pair)

    names = "stage, metric, baseline, candidate, delta, delta_pct, good, level, status, note"
    expected = pair.rows(f"select {names} from stage_deltas('v1', 'v2') order by all")
    found = sorted((tuple(row[name] for name in names.split(", ")) for row in answer["rows"]), key=repr)
    assert len(found) > 10
    assert found == sorted(expected, key=repr)


def test_missing_is_missing_and_has_words(pair: Root, diff: Diff, driftline: Run) -> None:
    rows = diff(pair)["by"]

    assert (rows["gone", "wall_time_s"]["candidate"], rows["gone", "wall_time_s"]["delta"]) == (None, None)
    assert (rows["(totals)", "peak_rss_mb"]["candidate"], rows["(totals)", "peak_rss_mb"]["delta"]) == (None, None)
    assert (rows["short", "peak_rss_mb"]["baseline"], rows["short", "peak_rss_mb"]["delta"]) == (None, None)
    told = driftline("profile", "diff", "v1", "v2", "--root", pair.folder).out
    shown = {tuple(line.split()[:2]): line.split(None, 2)[2] for line in told.splitlines() if len(line.split()) > 3}
    assert shown["gone", "wall_time_s"].split(None, 3) == ["1.00", "–", "–", "only in baseline"]
    assert shown["new", "wall_time_s"].split(None, 3) == ["–", "2.00", "–", "only in candidate"]
    assert shown["short", "peak_rss_mb"].split(None, 3) == ["–", "50", "–", "no sample in the baseline"]
    assert shown["clean", "wall_time_s"].split(None, 3) == ["4.00", "6.00", "+2.00", "+50.0% (!)"]
    assert shown["load", "peak_rss_mb"].split(None, 3) == ["200", "100", "−100", "-50.0%"]


def test_without_rules_the_registry_marks_what_got_worse_and_is_named(pair: Root, diff: Diff) -> None:
    answer = diff(pair)

    marked = {key: row["regression"] for key, row in answer["by"].items() if row["regression"]}
    assert marked == {
        ("load", "wall_time_s"): "warn",  # 10 -> 11.5
        ("clean", "wall_time_s"): "fail",  # 4 -> 6
        ("load", "avg_cpu_pct"): "fail",  # 0 -> 5: above any percentage
    }
    assert (answer["policy"]["source"], answer["policy"]["file"]) == ("registry", None)
    assert "levels of the metric registry" in answer["policy"]["words"]
    assert answer["code"] == 1


def test_levels_of_the_root_are_those_of_the_diff(pair: Root, diff: Diff) -> None:
    pair.file("driftline.toml", "[metrics.wall_time_s]\nwarn_pct = 60\nfail_pct = 90\n")
    assert diff(pair)["by"]["clean", "wall_time_s"]["regression"] is None


def test_a_regression_fails_where_it_is_asked_for(pair: Root, driftline: Run) -> None:
    command = ("profile", "diff", "v1", "v2", "--root", pair.folder)
    assert [driftline(*command).code, driftline(*command, "--fail-on-regression").code] == [0, 1]


def test_nothing_in_common_is_nothing_to_compare(root: Root, driftline: Run) -> None:
    root.profile("a", profile("a", stages={"x": {"wall_time_s": 1}})).profile(
        "b", profile("b", totals={"wall_time_s": 1})
    )
    done = driftline("profile", "diff", "a", "b", "--root", root.folder)
    assert (done.code, "Nothing to compare" in done.out) == (3, True)


def test_the_header_names_both_sides_and_what_makes_them_differ(root: Root, driftline: Run) -> None:
    frozen(root, "a", host="laptop")
    frozen(root, "b", host="server", dataset_id=None)
    lines = driftline("profile", "diff", "a", "b", "--root", root.folder).out.splitlines()

    assert lines[:6] == [
        "Profile diff: a -> b",
        "baseline a: release a, 2026-01-01 00:00 UTC, dataset d, host laptop",
        "candidate b: release b, 2026-01-01 00:00 UTC, dataset not stated, host server",
        "No regression: no cost is above its limit.",
        "Different machines: laptop, server; absolute RSS/CPU values are not directly comparable.",
        "Different datasets: d, not stated; "
        "wall times are not directly comparable across different episode counts/sizes.",
    ]


def test_keys_and_paths_name_the_same_profile(root: Root, driftline: Run) -> None:
    for key, wall_s in (
        ("v1", 10.0),
        ("references/v1.0", 20.0),
        ("_archive/references/old", 30.0),
        ("_archive/w", 40.0),
    ):
        frozen(root, key, wall_s)

    def baseline(name: Any, cwd: Path | None = None) -> tuple[str, float]:
        done = driftline("profile", "diff", name, "v1", "--root", root.folder, "--format", "json", cwd=cwd)
        answer = json.loads(done.out)
        return answer["header"]["baseline"]["profile"], by_name(answer["rows"])["(totals)", "wall_time_s"]["baseline"]

    folder = root.folder / "profiles"
    (folder / "linked.yaml").symlink_to(folder / "v1.yaml")
    assert baseline("v1.yaml") == ("v1", 10.0)
    assert baseline("v1.0") == baseline("references/v1.0") == ("references/v1.0", 20.0)
    assert baseline(folder / "references/v1.0.yaml") == ("references/v1.0", 20.0)
    assert baseline("references/../v1.yaml", folder) == ("v1", 10.0)
    assert baseline("references/old.yaml") == baseline("old") == ("_archive/references/old", 30.0)
    assert baseline("w") == ("_archive/w", 40.0)


def test_files_outside_of_the_root_are_compared_with_its_levels(
    root: Root, driftline: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen(root, "v1").file("driftline.toml", "[metrics.wall_time_s]\nwarn_pct = 60\nfail_pct = 90\n")
    frozen(Root(tmp_path / "other"), "we[i]rd*", 15.0)
    path = tmp_path / "other/profiles/we[i]rd*.yaml"
    before = sorted(os.listdir(path.parent))
    with_root = driftline("profile", "diff", "v1", path, "--root", root.folder, "--format", "json")
    command = ("profile", "diff", root.folder / "profiles/v1.yaml", path, "--format", "json")
    alone = driftline(*command, "--fail-on-regression")

    rows = [by_name(json.loads(done.out)["rows"])["(totals)", "wall_time_s"] for done in (with_root, alone)]
    assert [row["delta_pct"] for row in rows] == [50.0, 50.0]
    assert [row["regression"] for row in rows] == [None, "fail"]
    assert json.loads(alone.out)["header"]["candidate"]["name"] == str(path)
    assert (with_root.code, alone.code) == (0, 1)
    assert sorted(os.listdir(path.parent)) == before


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nosuch", "no profile nosuch\n"),
        ("v11", "did you mean v1?"),
        ("../v1", "no profile ../v1"),
        ("/nowhere/v1.yaml", "no profile /nowhere/v1.yaml"),
        ("x" * 5000, "no profile xxx"),
        ("\u202ev1", "no profile \\u202ev1"),
        (".", ". is no file"),
        ("broken", "broken.yaml is no profile: not usable YAML"),
        ("config", "config.yaml is no profile: it needs a release"),
    ],
)
def test_what_is_no_profile_exits_2(root: Root, driftline: Run, name: str, why: str) -> None:
    frozen(root, "v1").file("profiles/broken.yaml", "release: [").file("profiles/config.yaml", "a: 1\n")
    for sides in ((name, "v1"), ("v1", name)):
        done = driftline("profile", "diff", *sides, "--root", root.folder)
        assert (done.code, done.out) == (2, "")
        assert why in done.err
        assert len(done.err) < 400


def test_a_profile_that_was_broken_off_is_compared_and_told(root: Root, driftline: Run) -> None:
    frozen(root, "v1").profile("v2.partial", profile("v2", totals={"wall_time_s": 10.5}))
    path = root.folder / "profiles/v2.partial.yaml"
    done = driftline("profile", "diff", "v1", path, "--root", root.folder)
    assert (done.code, done.err) == (0, f"warning: {path} was broken off: it is no whole profile\n")


def test_markdown_says_the_answer_first_and_folds_the_rest(pair: Root, driftline: Run) -> None:
    told = driftline("profile", "diff", "v1", "v2", "--root", pair.folder, "--format", "markdown").out

    first, folded = told.split("<details>")
    assert first.startswith("**3 regressions \\(2 fail, 1 warn\\): clean wall\\_time\\_s +50.0%; load avg\\_cpu\\_pct ")
    assert "| load | wall\\_time\\_s | 10.0 | 11.5 | +1.50 | +15.0% \\(\\!\\) |" in first
    assert "| gone | wall\\_time\\_s | 1.00 | – | – | only in baseline |" in first
    assert "| load | peak\\_rss\\_mb |" not in first
    assert "| load | peak\\_rss\\_mb | 200 | 100 | −100 | -50.0% |" in folded
    assert folded.rstrip().splitlines()[-1].startswith("Policy: ")


@pytest.mark.parametrize("layout", ["table", "json", "markdown"])
def test_names_of_artifacts_are_text_in_every_layout(tmp_path: Path, driftline: Run, layout: str) -> None:
    root = hostile_root(tmp_path / "root")
    keys = [row[0] for row in root.rows("select profile from profiles order by release_order")]
    assert len(keys) == 3
    for baseline, candidate in ((keys[0], keys[1]), (keys[1], keys[2])):
        done = driftline("profile", "diff", baseline, candidate, "--root", root.folder, "--format", layout)

        assert done.code == 0, done.err
        assert not {"\x1b", "\u202e"} & set(done.out + done.err)
        if layout == "markdown":
            assert not {"<script", "<img", "<svg"} & set(done.out.replace(" ", "\n").split("\n"))
            assert "<script>" not in done.out
            assert "@stage" not in done.out
