"""Damage to single lines of the JSONL of a run."""

from __future__ import annotations

from damage import (
    DEEP_LIST,
    Damage,
    bad_file,
    episode,
    status,
    two_lines,
    warning,
)
from driftline.artifacts.decode import MAX_DEPTH
from roots import lines, prediction

LINES = [
    Damage(
        "garbage line",
        bad_file("predictions.jsonl", two_lines("garbage")),
        warning("predictions.jsonl", 2),
        episode("episode_id", "position"),
        [("e1", 1), ("e2", 3)],
    ),
    Damage(
        "truncated line",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "e3", "out')),
        warning("predictions.jsonl", 2),
        episode("count(*)").replace(" order by position", ""),
        [(2,)],
    ),
    Damage(
        "trailing comma",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "e3",}')),
        warning("predictions.jsonl", 2),
        status(),
        [("degraded",)],
    ),
    Damage(
        "a list, null and a number",
        bad_file("predictions.jsonl", two_lines("[]\nnull\n7")),
        warning("predictions.jsonl", 2, 3, 4),
    ),
    Damage(
        "no episode_id", bad_file("predictions.jsonl", two_lines('{"output": "x"}')), warning("predictions.jsonl", 2)
    ),
    Damage(
        "blank lines and CRLF",
        bad_file(
            "predictions.jsonl",
            b"\r\n  \n" + lines([prediction("e1"), prediction("e2")]).replace("\n", "\r\n").encode(),
        ),
        [],
        episode("episode_id", "position"),
        [("e1", 3), ("e2", 4)],
    ),
    Damage(
        "BOM",
        bad_file("predictions.jsonl", b"\xef\xbb\xbf" + lines([prediction("e1"), prediction("e2")]).encode()),
        [],
        "select count(*) from predictions_jsonl where run = 'runs/bad'",
        [(2,)],
    ),
    Damage(
        "latin-1",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "é", "output": "x"}'.encode("latin-1"))),
        [*warning("metrics.json"), *warning("predictions.jsonl", 2)],
        episode("episode_id"),
        [("e1",), ("é",), ("e2",)],
    ),
    Damage(
        "UTF-16",
        bad_file("predictions.jsonl", lines([prediction("e1"), prediction("e2")]).encode("utf-16")),
        warning("predictions.jsonl"),
        episode("episode_id"),
        [("e1",), ("e2",)],
    ),
    Damage(
        "U+2028, U+0085, VT and FF are text",
        bad_file(
            "predictions.jsonl",
            '{"episode_id": "e1", "output": "a\u2028b\u0085c"}\n{"episode_id": "e2", "output": "a\\u000bb\\u000cc"}\n',
        ),
        [],
        episode("text"),
        [("a\u2028b\u0085c",), ("a\x0bb\x0cc",)],
    ),
    Damage(
        "lone surrogate",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "output": "a\\ud800"}\n{"episode_id": "e2"}\n'),
        warning("predictions.jsonl", 1),
        episode("text"),
        [("a\ufffd",), (None,)],
    ),
    Damage(
        "NUL",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "output": "a\\u0000"}\n{"episode_id": "e2"}\n'),
        warning("predictions.jsonl", 1),
        episode("text"),
        [("a\ufffd",), (None,)],
    ),
    Damage(
        "a pair is one character",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "output": "\\ud83d\\ude00"}\n{"episode_id": "e2"}\n'),
        [],
        episode("text"),
        [("😀",), (None,)],
    ),
    Damage(
        "duplicated keys: the last counts",
        bad_file(
            "predictions.jsonl",
            '{"episode_id": "e0", "episode_id": "e1", "output": {"summary": "a", "summary": "b"}}\n'
            '{"episode_id": "e2"}\n',
        ),
        [],
        episode("episode_id", "text"),
        [("e1", "b"), ("e2", None)],
    ),
    Damage(
        "the same episode twice: the last counts",
        bad_file("predictions.jsonl", lines([prediction("e1", "old"), prediction("e2"), prediction("e1", "new")])),
        warning("predictions.jsonl", 3),
        episode("episode_id", "text", "position"),
        [("e2", "one two three four five", 2), ("e1", "new", 3)],
    ),
    Damage(
        "absurd depth",
        bad_file("predictions.jsonl", two_lines('{"episode_id": "e3", "output": ' + DEEP_LIST + "}")),
        warning("predictions.jsonl", 2),
        episode("episode_id"),
        [("e1",), ("e2",)],
    ),
    Damage(
        "deep enough",
        bad_file(
            "predictions.jsonl",
            two_lines('{"episode_id": "e3", "output": {"gil": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}}"),
        ),
        warning("predictions.jsonl", 2),
    ),
    Damage(
        "number as text",
        bad_file(
            "predictions.jsonl", lines([prediction("e1", output_tokens="7"), prediction("e2", output_tokens="x")])
        ),
        warning("predictions.jsonl", 1, 2),
        episode("output_tokens", "tokens_source"),
        [(7.0, "reported"), (23 / 4, "estimated")],
    ),
    Damage(
        "negative latency",
        bad_file(
            "predictions.jsonl",
            lines([prediction("e1", processing_time_seconds=-1), prediction("e2", processing_time_seconds=4)]),
        ),
        warning("predictions.jsonl", 1),
        episode("latency_s"),
        [(None,), (4.0,)],
    ),
    Damage(
        "metadata is a list",
        bad_file("predictions.jsonl", '{"episode_id": "e1", "metadata": []}\n{"episode_id": "e2"}\n'),
        warning("predictions.jsonl", 1),
    ),
    Damage(
        "5,000 digits",
        bad_file(
            "predictions.jsonl",
            '{"episode_id": "e1", "metadata": {"output_tokens": '
            + "9" * 5000
            + '}, "output": "x"}\n{"episode_id": "e2"}\n',
        ),
        warning("predictions.jsonl", 1),
        episode("output_tokens"),
        [(1.0,), (None,)],
    ),
    Damage(
        "a line of 20 MB",
        bad_file("predictions.jsonl", lines([prediction("e1", "x" * 20_000_000), prediction("e2")])),
        [],
        episode("length(text)"),
        [(20_000_000,), (23,)],
    ),
    Damage(
        "20 MB for the tolerant reader",
        bad_file("predictions.jsonl", lines([prediction("e1", "x" * 20_000_000, output_tokens="3"), prediction("e2")])),
        warning("predictions.jsonl", 1),
        episode("length(text)", "output_tokens"),
        [(20_000_000, 3.0), (23, 23 / 4)],
    ),
    Damage(
        "diagnostics of garbage",
        bad_file("diagnostics.jsonl", '{"episode_id": "e1", "chunks": "3"}\n{{\n'),
        warning("diagnostics.jsonl", 1, 2),
        episode("chunks"),
        [(3.0,), (None,)],
    ),
    Damage(
        "names like code",
        bad_file(
            "predictions.jsonl",
            lines([prediction("__proto__"), prediction("'; drop table runs; --"), prediction("{{7*7}}")]),
        ),
        warning("metrics.json"),
        episode("episode_id"),
        [("__proto__",), ("'; drop table runs; --",), ("{{7*7}}",)],
    ),
]
