"""SQL cases of comparison groups and of the references that runs were scored against."""

from __future__ import annotations

from roots import Root, metrics, prediction

RUN = "runs/a"


def dated(
    root: Root, run: str, day: int | None, task: str = "t", references: tuple[str, ...] = (), dataset: str = "d"
) -> None:
    scores = {name: {"rougeL_f1": 0.5} for name in references}
    created = {"created_at": f"2026-01-{day:02}"} if day else {}
    root.run(
        run,
        metrics=metrics(1, task=task, dataset_id=dataset, references=scores),
        baseline=created,
        predictions=[prediction("e")],
    )


def test_the_default_pair_of_a_group(root: Root) -> None:
    for run, day in (
        ("baselines/old", 1),
        ("baselines/new", 3),
        ("runs/before", 4),
        ("runs/newest", 5),
        ("references/silver/r", 9),
    ):
        dated(root, run, day)
    dated(root, "runs/_archive/x", 20)
    assert root.rows(
        "select task, kind, dataset_id, runs, default_baseline, default_candidate, is_default, reason"
        " from comparison_groups"
    ) == [
        (
            "t",
            "other",
            "d",
            5,
            "baselines/new",
            "runs/newest",
            True,
            "newest baseline before the newest run; newest group",
        )
    ]


def test_without_an_older_baseline_the_run_before_is_the_baseline(root: Root) -> None:
    dated(root, "runs/undated", None)
    dated(root, "runs/a", 1)
    dated(root, "runs/b", 2)
    dated(root, "baselines/later", 3)
    found = root.rows("select default_baseline, default_candidate, reason from comparison_groups")
    assert found == [("runs/b", "baselines/later", "newest run before the newest one; newest group")]


def test_a_group_of_one_and_a_group_of_references(root: Root) -> None:
    dated(root, "runs/a", 1)
    dated(root, "references/silver/r", 2, task="u")
    assert root.rows(
        "select task, default_baseline, default_candidate, is_default, reason from comparison_groups order by task"
    ) == [
        ("t", None, "runs/a", True, "a single run; newest group"),
        ("u", None, None, False, "only references"),
    ]


def test_the_default_group_shares_a_reference_whose_texts_are_found(root: Root) -> None:
    dated(root, "references/silver/r", 1, task="ref")
    for day, task, references in ((1, "shared", ("r",)), (5, "lost", ("ghost",)), (9, "none", ())):
        dated(root, f"runs/{task}1", day, task, references)
        dated(root, f"runs/{task}2", day + 1, task, references)
    assert root.rows("select task, reason from comparison_groups where is_default") == [
        ("shared", "newest run before the newest one; newest pair that shares a reference")
    ]


def test_groups_differ_by_task_kind_and_dataset(root: Root) -> None:
    dated(root, "runs/x_paragraph", 1)
    dated(root, "runs/x_BULLETS_paragraph", 2)
    dated(root, "runs/x", 3)
    dated(root, "runs/y", 4, dataset="e")
    dated(root, "runs/z", 5, task="u")
    assert root.rows("select task, kind, dataset_id, runs from comparison_groups order by all") == [
        ("t", "bullets", "d", 1), ("t", "other", "d", 1), ("t", "other", "e", 1), ("t", "paragraph", "d", 1),
        ("u", "other", "d", 1),
    ]  # fmt: skip


def test_references_are_looked_up_in_their_order(root: Root) -> None:
    texts = [prediction("e")]
    for key in (
        "references/gold/summarization/r",
        "references/silver/r",
        "baselines/r",
        "runs/r",
        "baselines/only",
        "references/_old/hidden",
    ):
        root.run(key, predictions=texts)
    root.run(
        RUN,
        metrics=metrics(1, references={name: {"rougeL_f1": 0.1} for name in ("r", "only", "hidden", "../r", "ghost")}),
    )
    assert root.rows("select * from reference_runs order by reference") == [
        ("../r", None),
        ("ghost", None),
        ("hidden", "references/_old/hidden"),
        ("only", "baselines/only"),
        ("r", "references/silver/r"),
    ]
