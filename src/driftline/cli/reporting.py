"""`driftline report`: the newest record against its baselines, for a pull request, a browser or a script."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from driftline.cli.comparing import Policy
from driftline.cli.options import BaselinesOption, RootOption
from driftline.cli.progress import reading_progress
from driftline.cli.tables import put_or_write, say
from driftline.errors import UserError

RECORD = "ENABLE_PERFORMANCE_RECORDING=1 pytest records a test session, driftline history import FILE reads older ones"


class ReportLayout(StrEnum):
    """How a report is written."""

    markdown = "markdown"
    html = "html"
    json = "json"


def report(
    layout: Annotated[ReportLayout, typer.Option("--format", help="markdown, html or json.")] = ReportLayout.markdown,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here; else to stdout.")] = None,
    platform: Annotated[
        str | None, typer.Option(metavar="P", help="The platform; else this one, or the one recorded last.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="T", help="A fraction, 0.20 is 20 %; else REGRESSION_THRESHOLD, or 0.20.")
    ] = None,
    policy: Annotated[
        Policy, typer.Option(help="threshold: past the limit counts. noise: a lasting change of level counts.")
    ] = Policy.threshold,
    against: Annotated[
        str | None, typer.Option(metavar="P", help="Use the baselines of another platform; machines differ.")
    ] = None,
    fail_on_regression: Annotated[  # noqa: ARG001
        bool, typer.Option("--fail-on-regression", help="Exit 1 on a regression; as without it.")
    ] = True,
    baselines: BaselinesOption = None,
    root: RootOption = None,
) -> None:
    """Hold the newest record of a platform against its baselines: the committed ones, else the 5 records before.

    Exits 1 where a metric regressed, else 0; 0 too, with a stub, where nothing was recorded.
    """
    from datetime import UTC, datetime

    from driftline import queries
    from driftline.artifacts.history import platform_named
    from driftline.capture.platform import detect_platform
    from driftline.places import writable_root
    from driftline.reports import history_report
    from driftline.store import open_store
    from driftline.tracking import platform_to_report, report_rows
    from driftline.variables import threshold_of

    limit, text, code = threshold_of(threshold), "", 0
    if against and policy is Policy.noise:
        raise UserError("--policy noise judges a platform by its own records", "leave out --against or --policy noise")
    borrowed = platform_named(against) if against else None
    folder = writable_root(root)
    if not folder.is_dir():
        chosen, rows = platform or detect_platform(), []
    else:
        with reading_progress() as progress, open_store(folder, progress, places=baselines) as store:
            chosen = platform_to_report(store, platform, detect_platform())
            rows = report_rows(store, chosen, limit, policy.value, borrowed)
            registry = queries.registry(store.connection)
    if not rows:
        say(f"nothing was recorded on {chosen}", f"  {RECORD}")
        text = history_report.without_records(chosen, layout.value, RECORD)
    else:
        if borrowed:
            say(f"warning: baselines of {borrowed} are used for {chosen}: machines differ, so this says little")
        made = history_report.Report(
            chosen, rows, limit, policy.value, datetime.now(UTC).replace(tzinfo=None), borrowed
        )
        if not any(row["baseline_source"] for row in rows):
            say(
                f"no baseline for platform {chosen}: none is committed, and fewer than 5 records came before",
                f"  record 5 sessions with ENABLE_PERFORMANCE_RECORDING=1 pytest, then driftline baselines update"
                f" --platform {chosen}",
            )
        code = int(not made.has_passed)
        if layout is ReportLayout.json:
            text = history_report.as_json(made) + "\n"
        elif layout is ReportLayout.html:
            text = history_report.as_html(made, registry)
        else:
            text = history_report.as_markdown(made, registry)
    put_or_write(text, output)
    raise typer.Exit(code)
