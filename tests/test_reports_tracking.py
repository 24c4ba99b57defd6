"""What the page of histories says: its sentence, the titles of platforms, its notes, and what it says of nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from html import unescape
from typing import Any

import pytest

from driftline import queries
from driftline.reports import tracking
from driftline.reports.tracking_choice import Chosen, choose
from driftline.store import Store
from driftline.tracking import find_changes
from histories import LATENCY, MRR, NEWEST, TOKENS, committed, metrics, mock, recorded, wobbling
from roots import Root, lines

THIN = "\u202f"


def told(root: Root, limit_pct: float = 20.0, **asked: Any) -> tuple[str, str]:
    """The answer and the sections of a page as HTML, asked on the day of the newest record."""
    with root.open() as store:
        find_changes(store)
        page = asked_page(store, limit_pct, **asked)
        connection = store.connection
        return tracking.answer(connection, page), tracking.sections(connection, page, "light")


def asked_page(store: Store, limit_pct: float = 20.0, **asked: Any) -> tracking.Page:
    chosen = choose(store.connection, **{"now": NEWEST, **asked})
    return tracking.ask_page(store.connection, chosen, limit_pct)


def plain(html: str) -> str:
    """What a person reads: without scripts and marks, in one line; thin spaces stay."""
    html = re.sub(r"<script.*?</script>|<pre.*?</pre>", " ", html, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(li|h1|h3|p|div|td|th)>", " ", html)))
    return " ".join(part for part in re.split(r"[ \n]+", text) if part)


def headline(answer: str) -> str:
    return plain(re.findall(r"<h1>.*?</h1>", answer)[0])


def one(root: Root, values: Sequence[float], metric: str = LATENCY, platform: str = "M1", **more: Any) -> Root:
    return recorded(root, platform, [{metric: value} for value in values], **more)


def test_what_regressed_is_said_with_its_size_since_when_and_the_limit(root: Root) -> None:
    answer, sections = told(mock(root))
    pct = f"+26{THIN}%"
    pct, day = f"+26{THIN}%", "25 October"
    assert headline(answer) == f"Query latency regressed on M1_Mac_16GB: {pct} since {day}, over the 20{THIN}% limit."
    lead = plain(answer)
    assert "The change point is at commit 21c0ffe, and 13 records have held the new level." in lead
    assert f"Tokens per second on M1_Mac_16GB improved ▲ +13{THIN}%: driftline baselines update proposes it" in lead
    assert lead.endswith("The other platform is stable.")
    text = plain(sections)
    assert "M1_Mac_16GB: one metric of three over its limit" in text
    assert (
        "GitHub_Actions_macOS: two metrics stable after 80 records, RAG quality recorded since September only" in text
    )
    assert "RunPod_A100 Nothing recorded on this platform, it has only a baseline." in text


def test_of_several_the_worst_is_said_first_and_the_rest_counted(root: Root) -> None:
    columns = metrics(
        query_latency_no_vllm=[*wobbling(9, 2.0), 2.6], tokens_per_second=[*wobbling(9, 40), 20],
        vector_search_latency=[*wobbling(9, 0.04), 0.06], peak_memory_gb=[*wobbling(9, 5), 6.5],
    )  # fmt: skip
    answer, _ = told(recorded(root, "M1", columns))
    assert headline(answer).startswith(
        f"Tokens per second regressed on M1: {chr(0x2212)}50{THIN}% in the newest record"
    )
    assert headline(answer).endswith("limit, and 3 more.")
    assert "No lasting change of its level was found so far" in answer
    assert re.search(r"Also over the limit: Vector search latency ▲ \+50\u202f%, .* and 1 more\.", plain(answer))


def test_what_improved_and_what_holds_is_said_where_nothing_regressed(root: Root) -> None:
    better = one(root, [*wobbling(9, 2.0), 1.5])
    assert (
        headline(told(better)[0])
        == f"Query latency improved on M1: {chr(0x2212)}25{THIN}% in the newest record. Nothing regressed."
    )
    both = recorded(root, "A100", metrics(avg_mrr=wobbling(9, 0.8), tokens_per_second=wobbling(9, 40)))
    one(both, wobbling(10, 2.0))
    assert headline(told(both)[0]) == "No regression on 2 platforms: all 3 metrics are within the limit."
    assert headline(told(both, platforms=("M1",))[0]) == "No regression on M1: its one metric is within the limit."


def test_the_limit_that_is_given_decides(root: Root) -> None:
    answer, sections = told(one(root, [*wobbling(9, 2.0), 2.25]), limit_pct=10)
    assert f"over the 10{THIN}% limit" in headline(answer)
    assert f"regression limit, 10{THIN}%" in plain(sections)
    assert headline(told(root)[0]).startswith("No regression on M1")


def test_what_cannot_be_compared_says_why_and_what_to_do(root: Root) -> None:
    answer, sections = told(recorded(root, "M1", metrics(query_latency_no_vllm=[1, 2, 3], avg_mrr=[0.7, 0.7, 0.7])))
    assert headline(answer) == (
        "Nothing can be compared yet on M1: no baseline is committed, and fewer than 5 records came before."
    )
    assert "from 5 records on driftline baselines update proposes baselines" in plain(answer)
    assert "M1: nothing can be compared yet" in plain(sections)
    assert "All 2 metrics: no baseline: none is committed, and fewer than 5 records came before." in plain(sections)
    part, notes = told(committed(root, {"M1": {LATENCY: 3.0, MRR: 0}}))
    assert headline(part) == "No regression on M1, as far as 1 of 2 metrics can be compared."
    assert "RAG quality: the baseline is no positive number." in plain(notes)


def test_many_small_steps_are_a_drift(root: Root) -> None:
    answer, sections = told(one(root, [2 * 1.05**at for at in range(30)]))
    assert re.match(
        r"Query latency drifted on M1: \+\d+\u202f% since 8 October, over the 20\u202f% limit\.$", headline(answer)
    )
    assert "The baseline, a median of the 5 records before, has moved along; a committed one would not." in answer
    assert "Query latency: slow drift" in plain(sections)


def test_a_worse_level_within_the_limit_is_not_kept_silent(root: Root) -> None:
    answer, _ = told(committed(one(root, wobbling(40, 2.0, {20: 1.12})), {"M1": {LATENCY: 2.0}}))
    assert headline(answer).startswith("No regression")
    assert "Within the limit, but on a worse level since 18 October: Query latency ▲ +12" in plain(answer)


def test_directions_that_are_inferred_or_unknown_say_so(root: Root) -> None:
    rows = metrics(embed_latency_ms=wobbling(8, 20), parse_per_second=wobbling(8, 9), shape=wobbling(8, 3))
    answer, sections = told(recorded(root, "M1", rows))
    text = plain(sections)
    assert "ms · lower is better (inferred)" in text
    assert "parse/s · higher is better (inferred)" in text
    assert "No direction is known, so shown and never judged: shape." in text
    assert "Direction inferred from the name: embed_latency_ms · parse_per_second." in text
    assert headline(answer).startswith("No regression on M1: all 2")
    assert headline(told(recorded(Root(root.folder / "n"), "M1", metrics(shape=wobbling(8, 3))))[0]) == (
        "Nothing is judged on M1: no metric here says what is better."
    )


def test_the_guides_metrics_come_first_in_its_order_and_those_never_recorded_are_named(root: Root) -> None:
    rows = metrics(a_s=[1.0], tokens_per_second=[40.0], query_latency_no_vllm=[2.0], avg_ndcg=[0.5])
    _, sections = told(recorded(root, "M1", rows))
    heads = re.findall(r'<div class="tk-h"><b>(.*?)</b>', sections)
    assert [head.replace("<wbr>", "") for head in heads] == [
        "Query latency", "Tokens per second", "a_s", "RAG quality, nDCG",
    ]  # fmt: skip
    assert "Not recorded here: Embedding throughput · Vector search latency · Memory, peak · Cache hit rate" in sections


def test_nothing_recorded_says_what_to_do(root: Root) -> None:
    answer, sections = told(root)
    assert headline(answer) == "Nothing was recorded yet."
    assert "ENABLE_PERFORMANCE_RECORDING=1 pytest" in answer
    assert "driftline history import FILE" in answer
    assert sections == ""
    only, _ = told(committed(root, {"RunPod_A100": {TOKENS: 120}}))
    assert "RunPod_A100: only a baseline." in only


def test_the_window_is_90_days_or_all_where_nothing_lies_in_it(root: Root) -> None:
    one(root, wobbling(10, 2.0))
    late, soon = datetime(2027, 6, 1), datetime(2026, 12, 1)

    def chosen(**asked: Any) -> Chosen:
        with root.open() as store:
            return choose(store.connection, **asked)

    assert chosen(now=soon).window == "90 days"
    assert chosen(now=late).window == "all days"
    assert chosen(now=late, days="30").series == ()
    assert headline(told(root, now=late, days="30")[0]) == (
        "No record in the last 30 days. The newest record is of 6 November 2026."
    )
    assert "The window “all days” shows it." in told(root, now=late, days="30")[1]
    # The newest is of 6 November, 12:00: a window begins with a day.
    assert len(chosen(now=datetime(2026, 12, 6, 18), days="30").series) == 1
    assert len(chosen(now=datetime(2026, 12, 7, 1), days="30").series) == 0


def test_the_newest_record_is_drawn_whatever_run_types_are_kept(root: Root) -> None:
    rows = [
        {"recorded_at": f"2026-11-0{at}T00:00:00Z", "platform": "X", "run_type": kind, "metrics": {LATENCY: 2.0}}
        for at, kind in ((1, "nightly"), (2, "manual"), (3, None), (4, "manual"))
    ]
    root.file("history/X.jsonl", lines(rows))
    with root.open() as store:
        kept = queries.series_points(store.connection, "X", None, ("nightly", ""))
    assert kept["number"].tolist() == [1, 3, 4]


def test_hostile_names_stay_text(root: Root) -> None:
    name = '<script>x</script>"onmouseover=\u202egnp'
    rows = [{LATENCY: 2.0, 'b<b>"_ms': 3.0} for _ in range(7)]
    recorded(root, name, rows, git_commit="<img src=x>", run_type="<i>", git_branch="\u202egnp", workload="'; drop")
    answer, sections = told(root)
    for text in (answer, sections):
        assert "<script>x" not in text
        assert "<img" not in text
        assert "<i>" not in text
        assert 'b<b>"' not in text
        assert "\u202e" not in plain(text)
        assert '"onmouseover' not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "\\u202egnp · '; drop: " in unescape(sections)
    # What the charts tell of a record is JSON here: a mark of a bidi character has two backslashes there.
    assert r"\\u202egnp" in sections


def test_a_series_of_a_workload_is_a_section_of_its_own(root: Root) -> None:
    one(root, wobbling(6, 2.0))
    one(root, wobbling(6, 3.0), workload="standard", provider="local")
    text = plain(told(root)[1])
    assert "M1: Query latency stable after 6 records" in text
    assert "M1 · standard · local: Query latency stable after 6 records" in text


def test_the_context_says_baseline_platforms_window_and_limit(root: Root) -> None:
    with mock(root).open() as store:
        facts = tracking.facts(asked_page(store))
    assert facts == [
        ("Baseline", "performance_baselines.json", "of Sep 2 2026"),
        ("Platforms", "2 of 3", ""),
        ("Window", "90 days", ""),
        ("Limit", f"20{THIN}%", "worse than the baseline"),
    ]


def test_all_values_stand_in_a_table_with_gaps_as_dashes(root: Root) -> None:
    _, sections = told(recorded(root, "M1", metrics(query_latency_no_vllm=[1.5, 2.5], cache_hit_rate=[None, 0.5])))
    (body,) = re.findall(r'<table class="tk-all">.*?<tbody>(.*?)</tbody>', sections, flags=re.DOTALL)
    rows = [[plain(cell) for cell in re.findall(r"<td.*?</td>", row)] for row in re.findall(r"<tr.*?</tr>", body)]
    assert [row[:1] + row[4:] for row in rows] == [["2", "2.50", "50"], ["1", "1.50", "–"]]
    assert "recorded since 6 November only" in plain(sections)


@pytest.mark.parametrize("asked", ["nowhere", "'; drop table history"])
def test_a_platform_that_is_in_no_file_is_named(root: Root, asked: str) -> None:
    answer, sections = told(one(root, wobbling(6, 2.0)), platforms=(asked,))
    assert headline(answer) == f"Nothing was recorded on {asked}."
    assert f"Not in this root: {asked}." in plain(sections)


def test_every_statement_that_is_shown_gives_what_is_drawn(root: Root) -> None:
    with mock(root).open() as store:
        find_changes(store)
        page = asked_page(store)
        html = tracking.sections(store.connection, page, "dark")
        statements = [unescape(found) for found in re.findall(r"<pre.*?>(.*?)</pre>", html, flags=re.DOTALL)]
        rows = [len(store.connection.execute(statement).fetchall()) for statement in dict.fromkeys(statements)]
    # Every metric of every record, gaps included: 46 x 3 and 80 x 2.
    assert rows == [138, 160]
