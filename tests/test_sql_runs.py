"""Given rows, expected rows: runs, their aggregates and episodes, groups and references."""

from __future__ import annotations

from typing import Any

import pytest

from roots import Root, lines, metrics, prediction

RUN = "runs/a"


def values(root: Root, *names: str) -> dict[str, tuple[Any, str]]:
    rows = root.rows("select metric, value, source from run_metrics where reference is null")
    return {metric: (value, source) for metric, value, source in rows if metric in names}


def kpis(root: Root, *names: str) -> tuple[Any, ...]:
    return root.rows(f"select {', '.join(names)} from run_kpis")[0]


def test_a_run_says_what_its_files_say(root: Root) -> None:
    root.run(
        "references/silver/Some_Paragraph_v1",
        metrics=metrics(1, dataset_id="d", task="t"),
        predictions=[prediction("e")],
        fingerprint={
            "run_context": {"run_id": "2026-01-02T03:04:05+01:00", "git": {"commit": "abc"}, "dataset_id": "other"},
            "pipeline": {"stages": {"map": {"model": {"model_name": "m1"}}, "reduce": {"model": {"model_name": "m2"}}}},
        },
        run_summary={},
    )
    assert root.rows(
        "select run, run_id, category, kind, task, dataset_id, release, release_source, model, created_at::varchar,"
        " git_commit, episodes, archived, status, has_metrics, has_predictions, has_fingerprint, has_run_summary,"
        " has_diagnostics, path from runs"
    ) == [
        ("references/silver/Some_Paragraph_v1", "Some_Paragraph_v1", "reference", "paragraph", "t", "d",
         "Some_Paragraph_v1",
         "run_id", "m1 + m2", "2026-01-02 02:04:05", "abc", 1, False, "ok", True, True, True, True, False,
         "eval/references/silver/Some_Paragraph_v1"),
    ]  # fmt: skip


DATASETS = [
    ({"metrics": {"dataset_id": "m"}, "fingerprint": {"dataset_id": "f"}}, "m"),
    ({"fingerprint": {"run_context": {"dataset_id": "c"}, "dataset_id": "f"}, "baseline": {"dataset_id": "b"}}, "c"),
    ({"fingerprint": {"dataset_id": "f"}, "baseline": {"dataset_id": "b"}}, "f"),
    ({"baseline": {"dataset_id": "b"}, "predictions": [{"episode_id": "e", "dataset_id": "p"}]}, "b"),
    (
        {
            "predictions": [
                {"episode_id": "e"},
                {"episode_id": "f", "dataset_id": "p"},
                {"episode_id": "g", "dataset_id": "q"},
            ]
        },
        "p",
    ),
    ({"metrics": {}}, None),
]


@pytest.mark.parametrize(("parts", "dataset"), DATASETS)
def test_precedence_of_the_dataset(root: Root, parts: dict[str, Any], dataset: str | None) -> None:
    assert root.run(RUN, **parts).rows("select dataset_id from runs") == [(dataset,)]


MODELS = [
    (
        {
            "fingerprint": {
                "pipeline": {"stages": {"main": {"model": {"model_name": "x"}}, "map": {"model": {"model_name": "y"}}}}
            }
        },
        "x",
    ),
    ({"fingerprint": {}, "baseline": {"backend": {"model": "b"}}}, "b"),
    ({"baseline": {"backend": {"map_model": "m", "reduce_model": "r"}}}, "m + r"),
]


@pytest.mark.parametrize(("parts", "model"), MODELS)
def test_precedence_of_the_model(root: Root, parts: dict[str, Any], model: str) -> None:
    assert root.run(RUN, **parts).rows("select model from runs") == [(model,)]


CREATED = [
    (
        {"baseline": {"created_at": "2026-01-01"}, "fingerprint": {"run_context": {"run_id": "2026-02-02"}}},
        "2026-01-01 00:00:00",
    ),
    ({"fingerprint": {"run_context": {"run_id": "2026-02-02T10:00:00"}}}, "2026-02-02 10:00:00"),
    ({"fingerprint": {"run_context": {"run_id": "my_run_7"}}, "baseline": {"promoted_at": "2026-01-01"}}, None),
]


@pytest.mark.parametrize(("parts", "created"), CREATED)
def test_precedence_of_the_creation_time(root: Root, parts: dict[str, Any], created: str | None) -> None:
    assert root.run(RUN, **parts).rows("select created_at::varchar from runs") == [(created,)]


RELEASES = [
    ({"run_context": {"release": " v1 "}, "release": "v2"}, ("v1", "fingerprint")),
    ({"run_context": {"release": "  "}, "release": "v2"}, ("v2", "fingerprint")),
    ({"run_context": {}}, ("2.10", "mapping")),
]


@pytest.mark.parametrize(("fingerprint", "expected"), RELEASES)
def test_precedence_of_the_release(root: Root, fingerprint: dict[str, Any], expected: tuple[str, str]) -> None:
    root.run(RUN, fingerprint=fingerprint).run("runs/b", fingerprint={}).file("releases.yaml", f"{RUN}: 2.10\n")
    assert root.rows("select release, release_source from runs order by run") == [expected, ("b", "run_id")]


def test_runs_above_and_below_an_underscore(root: Root) -> None:
    odd = Root(root.folder / "_above" / "data")
    odd.run("runs/_old/x", metrics=metrics(1)).run("runs/y_z", metrics=metrics(1)).file("eval/runs/metrics.json", "{}")
    assert odd.rows("select run, archived from runs order by run") == [("runs/_old/x", True), ("runs/y_z", False)]


def test_precedence_of_aggregates(root: Root) -> None:
    items = [
        prediction(f"e{n}", output_tokens=t, processing_time_seconds=s, cost_usd=0.5)
        for n, t, s in ((1, 8, 1), (2, 4, 3), (3, 6, 8))
    ]
    names = ("avg_output_tokens", "avg_latency_s", "median_latency_s")
    root.run(RUN, predictions=items)
    source = "predictions.jsonl"
    assert values(
        root, *names, "min_output_tokens", "p95_latency_s", "avg_latency_excluding_first_s", "total_cost_usd"
    ) == {
        "avg_output_tokens": (6.0, source),
        "min_output_tokens": (4.0, source),
        "avg_latency_s": (4.0, source),
        "median_latency_s": (3.0, source),
        "p95_latency_s": (8.0, source),  # nearest rank: ceil(0.95 * 3) = 3
        "avg_latency_excluding_first_s": (5.5, source),  # (3 + 8) / 2
        "total_cost_usd": (1.5, source),
    }
    root.run(RUN, metrics=metrics(3, tokens=7, latency_ms=2500))
    assert values(root, *names) == {
        "avg_output_tokens": (7.0, "metrics.json"),
        "avg_latency_s": (2.5, "metrics.json"),
        "median_latency_s": (3.0, source),
    }
    root.run(RUN, run_summary={"avg_latency_s": 9, "gate_failures": {"truncation": 2, "speaker_label": 0}})
    assert values(root, *names) == {
        "avg_output_tokens": (7.0, "metrics.json"),
        "avg_latency_s": (9.0, "run_summary.json"),
        "median_latency_s": (3.0, source),
    }
    assert kpis(root, "truncation_failures", "speaker_label_failures", "boilerplate_failures") == (2.0, 0.0, None)


def test_the_first_prediction_is_the_first_line_that_holds_one(root: Root) -> None:
    text = lines([prediction("a", processing_time_seconds=9), prediction("b", processing_time_seconds=1)])
    root.file(f"eval/{RUN}/predictions.jsonl", f"\n{text}")
    assert values(root, "avg_latency_excluding_first_s") == {
        "avg_latency_excluding_first_s": (1.0, "predictions.jsonl")
    }


def test_metrics_in_their_flat_form(root: Root) -> None:
    root.run(
        RUN,
        metrics={
            "episodes": {"total": 4, "processed": 3, "failed": 1},
            "gates": {"truncation_rate": 0.25, "speaker_name_leak_rate": 0.5},
            "length": {"avg_tokens": 100},
            "performance": {"avg_latency_s": 2.5, "total_runtime_s": 10},
            "vs_reference": {"reference_id": "r", "rouge": {"rouge1": 0.4, "rougeL_f1": 0.3}, "coverage_ratio": 1.1},
        },
    )
    names = ("episodes", "success_rate", "failed_episodes", "avg_output_tokens", "avg_latency_s", "truncation_rate")
    assert kpis(root, *names) == (
        4, 0.75, 1.0, 100.0, 2.5, 0.25,
    )  # fmt: skip
    assert root.rows("select metric, reference, value from run_metrics where reference is not null order by 1") == [
        ("coverage_ratio", "r", 1.1), ("rouge1_f1", "r", 0.4), ("rougeL_f1", "r", 0.3),
    ]  # fmt: skip


def test_entity_scores(root: Root) -> None:
    root.run(
        RUN,
        metrics=metrics(1, references={"r": {"exact": {"tp": 1, "precision": 0.5, "f1": 0.4}, "overlap": {"f1": 0.6}}}),
    )
    assert root.rows("select metric, value from run_metrics where reference = 'r' order by 1") == [
        ("ner_exact_f1", 0.4), ("ner_exact_precision", 0.5), ("ner_overlap_f1", 0.6),
    ]  # fmt: skip


ONE_IN_ERROR = [prediction("a"), {"episode_id": "b", "error": "x"}]
SUCCESS = [
    ("without metrics.json nothing is known", {"predictions": ONE_IN_ERROR}, (2, None, None, None)),
    ("none failed", {"metrics": metrics(2), "predictions": [prediction("a"), prediction("b")]}, (2, 1.0, 0.0, 0.0)),
    ("0 episodes", {"metrics": metrics(0), "predictions": []}, (0, None, 0.0, 0.0)),
    ("0 episodes, no predictions", {"metrics": metrics(0)}, (0, None, 0.0, 0.0)),
    ("without predictions", {"metrics": metrics(4, failed=["a", "b", "b"])}, (4, 0.5, 2.0, 0.0)),
    ("no more than all", {"metrics": metrics(1, failed=["a", "b", "c"])}, (1, 0.0, 1.0, 0.0)),
    (
        "an error that metrics.json does not list",
        {"metrics": metrics(2), "predictions": ONE_IN_ERROR},
        (2, 0.5, 1.0, 0.0),
    ),
    ("listed and in error", {"metrics": metrics(2, failed=["b"]), "predictions": ONE_IN_ERROR}, (2, 0.5, 1.0, 0.0)),
    (
        "gates without failed_episodes",
        {"metrics": {"episode_count": 2, "intrinsic": {"gates": {}}}},
        (2, None, None, None),
    ),
    (
        "flat, with predictions",
        {"metrics": {"episodes": {"total": 2, "failed": 2}}, "predictions": ONE_IN_ERROR},
        (2, 0.0, 2.0, None),
    ),
]


@pytest.mark.parametrize(("parts", "expected"), [case[1:] for case in SUCCESS], ids=[case[0] for case in SUCCESS])
def test_success_and_failures(root: Root, parts: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert kpis(root.run(RUN, **parts), "episodes", "success_rate", "failed_episodes", "truncation_rate") == expected


def test_failures_count_although_the_predictions_cannot_be_read(root: Root) -> None:
    root.run(RUN, metrics=metrics(4, failed=["a"]))
    (root.folder / f"eval/{RUN}/predictions.jsonl").mkdir()
    assert kpis(root, "episodes", "success_rate", "failed_episodes") == (4, 0.75, 1.0)


def test_gate_failures_are_counted_by_episode(root: Root) -> None:
    content = metrics(2)
    content["intrinsic"]["gates"]["episode_gate_failures"] = {
        "a": ["truncation", "boilerplate_leak"],
        "b": ["truncation"],
    }
    root.run(RUN, metrics=content, predictions=[prediction("a"), prediction("b")])
    assert kpis(root, "truncation_failures", "boilerplate_failures", "speaker_label_failures") == (2.0, 1.0, 0.0)
    assert root.rows("select episode_id, gates, status from episodes order by 1") == [
        ("a", ["boilerplate_leak", "truncation"], "ok"),
        ("b", ["truncation"], "ok"),
    ]


def test_the_first_reference_with_a_score_is_shown(root: Root) -> None:
    references = {"z": {"error": "x"}, "y": {"rougeL_f1": None}, "m": {"rougeL_f1": 0.4}, "a": {"rougeL_f1": 0.9}}
    assert kpis(root.run(RUN, metrics=metrics(1, references=references)), "rougeL_f1", "rouge_reference") == (0.4, "m")
