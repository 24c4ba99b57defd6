"""SQL cases of episodes: what is kept, what is estimated, what stays a gap."""

from __future__ import annotations

import pytest

from roots import Root, metrics, prediction

RUN = "runs/a"


def test_episodes(root: Root) -> None:
    root.run(
        RUN,
        metrics=metrics(7, failed=["failed"]),
        predictions=[
            prediction("reported", "x" * 40, output_tokens=7, processing_time_seconds=1.5, input_length_chars=100),
            prediction("by chars", "x" * 40, output_length_chars=80),
            prediction("by text", "x" * 40),
            prediction("short", "x"),
            {"episode_id": "empty", "output": {}, "metadata": {"output_tokens": 3}},
            {"episode_id": "failed", "output": "text"},
            {"episode_id": "error", "error": "boom"},
            {"episode_id": "structured", "output": {"entities": []}},
        ],
    )
    assert root.rows(
        "select episode_id, position, status, error, output_tokens, tokens_source from episodes order by 2"
    ) == [
        ("reported", 1, "ok", None, 7.0, "reported"),
        ("by chars", 2, "ok", None, 20.0, "estimated"),
        ("by text", 3, "ok", None, 10.0, "estimated"),
        ("short", 4, "ok", None, 1.0, "estimated"),
        ("empty", 5, "empty", None, None, "none"),
        ("failed", 6, "failed", None, 1.0, "estimated"),
        ("error", 7, "failed", "boom", None, "none"),
        ("structured", 8, "ok", None, 3.75, "estimated"),
    ]
    assert root.rows("select text, structured from episodes where episode_id = 'structured'") == [
        (None, '{"entities":[]}')
    ]
    assert root.rows("select latency_s, input_chars from episodes where position = 1") == [(1.5, 100.0)]


def test_map_and_reduce_sizes(root: Root) -> None:
    both = {"map_summaries": [{"text": "x" * 8}, {"text": "x" * 16}], "reduce_input_chars": 24}
    root.run(
        RUN,
        predictions=[
            prediction("a", "x" * 40) | {"intermediate": both},
            prediction("b") | {"intermediate": both},
            prediction("c"),
        ],
        diagnostics=[
            {"episode_id": "b", "chunks": 9, "avg_map_tokens": 8, "reduce_input_tokens": 7, "final_tokens": None}
        ],
    )
    assert root.rows(
        "select chunks, map_tokens, reduce_input_tokens, reduce_input_chars, final_tokens, flow_source"
        " from episodes order by episode_id"
    ) == [
        (2.0, 3.0, 6.0, 24.0, 10.0, "intermediate"),  # (8 + 16) / 2 / 4, 24 / 4, 40 / 4
        (9.0, 8.0, 7.0, None, None, "diagnostics"),
        (None, None, None, None, None, None),
    ]


REPETITIONS = [
    ("a b c", None),
    ("a b c d", 0.0),
    ("a b c d a b c d", 0.2),  # 5 four-grams, abcd twice: 1 - 4 / 5
    ("A b\nC d a B c\td", 0.2),
    ("x x x x x x", 2 / 3),  # 3 four-grams, all alike: 1 - 1 / 3
]


@pytest.mark.parametrize(("text", "expected"), REPETITIONS)
def test_repetition(root: Root, text: str, expected: float | None) -> None:
    root.run(RUN, predictions=[prediction("a", text), {"episode_id": "b", "output": {"entities": []}}])
    found = root.rows(
        "select value from episode_metrics where metric = 'repetition'"
        " union all select value from run_metrics where metric = 'repetition'"
    )
    assert found == [(pytest.approx(expected),)] * 2


def test_episode_metrics_keep_what_is_missing(root: Root) -> None:
    root.run(RUN, predictions=[{"episode_id": "a"}])
    assert root.rows("select metric, reference, value from episode_metrics order by metric") == [
        (metric, None, None)
        for metric in (
            "chunks", "final_tokens", "input_chars", "latency_s", "map_tokens", "output_tokens", "reduce_input_chars",
            "reduce_input_tokens",
        )
    ]  # fmt: skip
