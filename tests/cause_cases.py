"""Pairs of runs and what a rule of `causes` says of them, most of them beside one of which it says nothing."""

from __future__ import annotations

from typing import Any

from two_runs import Side

MAP_MAX = "pipeline.stages.map.generation_params.max_new_tokens"
REDUCE_MAX = "pipeline.stages.reduce.generation_params.max_new_tokens"
REDUCE_MIN = "pipeline.stages.reduce.generation_params.min_new_tokens"
MAIN_MAX = "pipeline.stages.main.generation_params.max_tokens"
SCORE = {"references": {"r": {"rougeL_f1": 0.30}}}
WORSE_SCORE = {"references": {"r": {"rougeL_f1": 0.20}}}
Settings = dict[str, Any]

# rule | baseline | candidate | settings of the baseline | of the candidate | its evidence, or None: the rule is silent
CASES: list[tuple[str, Side, Side, Settings, Settings, str | None]] = [
    # 40 of 100 tokens a chunk, and the output halves
    ("map_compressive", {"flow": (100, 4000)}, {"flow": (40, 1600), "tokens": 50.0}, {}, {},
     "map output fell from 100 to 40 tokens a chunk"),
    ("map_compressive", {"flow": (100, 4000)}, {"flow": (40, 1600), "tokens": 50.0}, {MAP_MAX: 110}, {MAP_MAX: 40},
     "map output fell from 100 to 40 tokens a chunk, its maximum from 110 to 40"),
    ("map_compressive", {"flow": (100, 4000)}, {"flow": (45, 1600), "tokens": 50.0}, {MAP_MAX: 50}, {MAP_MAX: 50},
     "map output fell from 100 to 45 tokens a chunk, at its maximum of 50"),
    # 91 of 100 is less than a tenth less
    ("map_compressive", {"flow": (100, 4000)}, {"flow": (91, 3640), "tokens": 50.0}, {}, {}, None),
    # nothing came of it
    ("map_compressive", {"flow": (100, 4000)}, {"flow": (40, 1600)}, {}, {}, None),
    # more and shorter chunks: reduce is given as much as before
    ("map_compressive", {"flow": (100, 4000)}, {"flow": (40, 4000), "tokens": 50.0}, {}, {}, None),
    ("reduce_starved", {"flow": (100, 4000)}, {"flow": (80, 3000), "tokens": 25.0}, {}, {REDUCE_MIN: 100},
     "reduce input fell from 4,000 to 3,000 characters and the output from 100 to 25.0 tokens,"
     " a quarter of its minimum of 100"),
    # the output alone tells, far below the minimum
    ("reduce_starved", {}, {"tokens": 30.0}, {}, {REDUCE_MIN: 60},
     "the output fell from 100 to 30.0 tokens, half of its minimum of 60"),
    # the score alone is hurt
    ("reduce_starved", {"flow": (100, 4000), **SCORE}, {"flow": (100, 3000), **WORSE_SCORE}, {}, {},
     "reduce input fell from 4,000 to 3,000 characters"),
    # 50 of 60: tokens of the model and characters / 4 may be that far apart
    ("reduce_starved", {}, {"tokens": 50.0}, {}, {REDUCE_MIN: 60}, None),
    ("reduce_starved", {}, {"tokens": 30.0}, {}, {REDUCE_MIN: "many"}, None),
    ("reduce_starved", {"flow": (100, 4000)}, {"flow": (100, 3700), "tokens": 50.0}, {}, {}, None),
    ("output_capped", {}, {"tokens": 59.0}, {REDUCE_MAX: 140}, {REDUCE_MAX: 60},
     "the output fell from 100 to 59.0 tokens, its maximum from 140 to 60"),
    ("output_capped", {}, {"tokens": 59.0}, {}, {MAIN_MAX: 60},
     "the output fell from 100 to 59.0 tokens, at its maximum of 60"),
    ("output_capped", {}, {"tokens": 50.0}, {REDUCE_MAX: 140}, {REDUCE_MAX: 60}, None),
    ("output_capped", {}, {"tokens": 95.0}, {REDUCE_MAX: 140}, {REDUCE_MAX: 96}, None),
    ("failed_episodes", {}, {"failed": 2}, {}, {}, "2 of 10 episodes failed, none in the baseline"),
    ("failed_episodes", {"failed": 1}, {"failed": 1}, {}, {}, None),
    ("truncation", {"truncation": 0.1}, {"truncation": 0.3}, {}, {},
     "30 % of the outputs are cut off, 10 % in the baseline"),
    ("truncation", {"truncation": 0.3}, {"truncation": 0.3}, {}, {}, None),
    ("speaker_label", {}, {"speaker": 0.25}, {}, {}, "25 % of the outputs hold a speaker label, 0 % in the baseline"),
    ("speaker_label", {"speaker": 0.25}, {"speaker": 0.25}, {}, {}, None),
    ("boilerplate", {}, {"boilerplate": 0.1}, {}, {},
     "10 % of the outputs hold sponsor or subscription phrases, 0 % in the baseline"),
    ("boilerplate", {"boilerplate": 0.1}, {"boilerplate": 0.1}, {}, {}, None),
    ("preprocessing_drift", SCORE, WORSE_SCORE, {"preprocessing.cleaner": "a"}, {"preprocessing.cleaner": "b"},
     "preprocessing.cleaner went from a to b"),
    ("preprocessing_drift", {}, {"tokens": 80.0}, {"preprocessing.x": 1, "preprocessing.y": 1},
     {"preprocessing.x": 2, "preprocessing.y": 2}, "2 keys differ, among them preprocessing.x went from 1 to 2"),
    # no quality, no length: it may be as slow for any reason
    ("preprocessing_drift", {}, {"latency_ms": 3000.0}, {"preprocessing.x": 1}, {"preprocessing.x": 2}, None),
    # only one side says so
    ("preprocessing_drift", SCORE, WORSE_SCORE, {}, {"preprocessing.cleaner": "b"}, None),
    ("preprocessing_drift", SCORE, WORSE_SCORE, {"chunking.size": 1}, {"chunking.size": 2}, None),
    # 20 words of 4 that come again: 17 4-grams, 4 of them distinct; 1 - 4 / 17 = 0.765
    ("repetition", {}, {"repeats": True}, {}, {}, "repeated word 4-grams rose from 0 to 76 %"),
    ("repetition", {"repeats": True}, {"repeats": True}, {}, {}, None),
    ("length", {}, {"tokens": 90.0}, {}, {}, "the output fell from 100 to 90.0 tokens"),
    ("length", {}, {"tokens": 91.0}, {}, {}, None),
    ("latency", {}, {"latency_ms": 1500.0}, {}, {}, "latency rose from 1.00 to 1.50 s per episode"),
    ("latency", {}, {"latency_ms": 1500.0, "tokens": 200.0}, {}, {},
     "latency rose from 1.00 to 1.50 s per episode, the output rose from 100 to 200 tokens"),
    ("latency", {}, {"latency_ms": 1090.0}, {}, {}, None),
    ("configuration", {}, {"latency_ms": 1500.0}, {"seed": 1}, {"seed": 2}, "seed went from 1 to 2"),
    ("configuration", {}, {"latency_ms": 1500.0}, {"run_context.git.commit": "a", "environment.os": "x"},
     {"run_context.git.commit": "b", "environment.os": "y"}, None),
    ("configuration", {}, {"latency_ms": 1500.0}, {}, {"seed": 2}, None),
    # a key that only one side has is not even counted
    ("configuration", {}, {"latency_ms": 1500.0}, {"seed": 1}, {"seed": 2, "also": 1}, "seed went from 1 to 2"),
    # told as drift already
    ("configuration", SCORE, WORSE_SCORE, {"preprocessing.x": 1}, {"preprocessing.x": 2}, None),
    ("configuration", {}, {"latency_ms": 1500.0}, {"preprocessing.x": 1}, {"preprocessing.x": 2},
     "preprocessing.x went from 1 to 2"),
]  # fmt: skip
