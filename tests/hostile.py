"""A root whose every name tries to become markup, a script, an address or a formula."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from roots import Root, metrics, prediction, profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Served

SCRIPT = "<script>window.__xss=1</script>"
IMAGE = "<img src=x onerror=window.__xss=1>"
QUOTES = "'\"><svg onload=window.__xss=1>"
ADDRESS = "javascript:window.__xss=1"
BIDI = "\u202egnp.\x1b[31m"
TEMPLATE = "{{ 7*7 }} ${window.__xss=1} @{stage} @label"
NAMES = (SCRIPT, IMAGE, QUOTES, ADDRESS, BIDI, TEMPLATE)


def _run(number: int) -> dict[str, Any]:
    names = NAMES[number:] + NAMES[:number]
    dataset, reference = f"data {SCRIPT}", f"reference {IMAGE}"
    failed = {"episode_id": QUOTES, "output": {"summary_final": ""}, "error": f"{SCRIPT}{IMAGE}{BIDI}"}
    said = [prediction(name, f"{name} said {number}", processing_time_seconds=1 + number) for name in names[:-1]]
    score = {"rouge1_f1": 0.4, "rouge2_f1": 0.2, "rougeL_f1": 0.3 - number / 20, IMAGE: 0.5 + number / 10}
    return {
        "metrics": metrics(
            len(names), failed=[QUOTES], tokens=100.0 + 50 * number, latency_ms=1000.0 * (1 + number),
            references={reference: score}, dataset_id=dataset,
        ),
        "predictions": [*said, failed],
        "fingerprint": {
            "task": f"task {QUOTES}",
            "run_context": {
                "run_id": f"2026-01-0{number + 1}T00:00:00Z", "dataset_id": dataset, "release": f"{names[0]}{number}",
            },
            "pipeline": {"stages": {"reduce": {"model": {"model_name": f"{names[1]}{number}"}, IMAGE: names[2]}}},
        },
        "baseline": {"dataset_id": dataset, "task": f"task {QUOTES}"},
    }  # fmt: skip


def hostile_root(folder: Path) -> Root:
    """Three runs and three profiles of one group, and a file that is broken."""
    root = Root(folder)
    for number, name in enumerate(("a <img src=x onerror=window.__xss=1>", QUOTES, BIDI)):
        root.whole_run(f"{'baselines' if number == 0 else 'runs'}/{name}", **_run(number))
    for number, name in enumerate((IMAGE, QUOTES, BIDI)):
        stages = {stage: {"wall_time_s": 1.0 + number + at, "peak_rss_mb": 100 + at} for at, stage in enumerate(NAMES)}
        totals = {"wall_time_s": 10.0 + 5 * number, "peak_rss_mb": 100 * (1 + number)}
        content = profile(
            f"{SCRIPT}{number}", f"2026-01-0{number + 1}T00:00:00Z", stages=stages, totals=totals,
            dataset_id=f"{IMAGE}{number}", environment={"hostname": f"{QUOTES}{number}"},
        )  # fmt: skip
        root.profile(name, content)
    return root.file(f"eval/runs/{IMAGE}/metrics.json", "[1").file(f"profiles/{QUOTES}{BIDI}.yaml", "{")


def assert_is_text(shown: str) -> None:
    """What a page of this root says has the names as text, and no character that turns or ends a line."""
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    for text in (SCRIPT, IMAGE, QUOTES, "\\u202egnp.\\x1b[31m"):
        assert text in shown, text


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], Served]) -> Served:
    """The dashboard on that root, for tests that leave it as it is."""
    return serve(hostile_root(tmp_path_factory.mktemp("hostile") / "root").folder)
