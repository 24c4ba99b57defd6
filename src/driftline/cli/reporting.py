"""`driftline report`: the newest record against its baselines, for a pull request, a browser or a script."""

from __future__ import annotations

import os
import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from driftline.cli.comparing import Policy
from driftline.cli.options import BaselinesOption, RootOption
from driftline.cli.progress import reading_progress
from driftline.cli.tables import put_or_write, say
from driftline.errors import UserError

if TYPE_CHECKING:
    from driftline.reports.history_report import Report

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

    Exits 1 where a metric regressed, else 0; 0 too, with a stub, where nothing was recorded; 2 where a file of the
    history or of the baselines cannot be read.
    """
    from datetime import UTC, datetime

    from driftline import queries
    from driftline.artifacts.history import platform_named
    from driftline.capture.platform import detect_platform
    from driftline.reports import history_report
    from driftline.store import open_store
    from driftline.tracking import Rule, platform_to_report, report_rows
    from driftline.variables import threshold_of

    if against and policy is Policy.noise:
        raise UserError("--policy noise judges a platform by its own records", "leave out --against or --policy noise")
    if baselines and baselines.baselines and not baselines.baselines.is_file():
        raise UserError(f"no file {baselines.baselines}", "name the file of the baselines, or leave out --baselines")
    borrowed = platform_named(against) if against else None
    rule = Rule(threshold_of(threshold), threshold is not None, policy.value, borrowed)
    asked = platform or os.environ.get("PERFORMANCE_PLATFORM", "").strip() or None
    here = asked or detect_platform()
    chosen, rows, code = here, [], 0
    if (folder := _root(root)) is not None:
        with reading_progress() as progress, open_store(folder, progress, places=baselines) as store:
            chosen = platform_to_report(store, asked, here)
            rows = report_rows(store, chosen, rule)
            registry = queries.registry(store.connection)
            damaged = queries.damaged_histories(store.connection)
        if not rows and damaged:
            raise UserError(f"no record of {chosen} can be read in {', '.join(damaged)}", "driftline check tells why")
    if not rows:
        say(f"nothing was recorded on {chosen}", f"  {RECORD}")
        text = history_report.without_records(chosen, layout.value, RECORD)
    else:
        made = history_report.Report(chosen, rows, rule.limit, policy.value, datetime.now(UTC).replace(tzinfo=None),
                                     borrowed)  # fmt: skip
        _say_doubts(made, not asked and chosen != here, root)
        code = int(bool(made.having("regressed")))
        if layout is ReportLayout.json:
            text = history_report.as_json(made) + "\n"
        elif layout is ReportLayout.html:
            text = history_report.as_html(made, registry)
        else:
            text = history_report.as_markdown(made, registry)
    put_or_write(text, output)
    raise typer.Exit(code)


def _root(given: Path | None) -> Path | None:
    """The root that is named or found; None where none was named and there is none."""
    from driftline.places import find_root

    if given or os.environ.get("DRIFTLINE_ROOT"):
        return find_root(given)
    try:
        return find_root()
    except UserError:
        return None


def _say_doubts(report: Report, is_other: bool, root: Path | None) -> None:
    """What makes the report say less than it seems to."""
    if is_other:
        say(f"this platform has no record: the report is of {report.platform}, which was recorded last (--platform)")
    if report.borrowed:
        whose = f"baselines of {report.borrowed} are used for {report.platform}"
        say(f"warning: {whose}: machines differ, so this says little")
    if not any(row["baseline_source"] for row in report.rows):
        where = f" --root {shlex.quote(str(root))}" if root else ""
        say(
            f"no baseline for platform {report.platform}: none is committed, and fewer than 5 records came before",
            "  record 5 sessions with ENABLE_PERFORMANCE_RECORDING=1 pytest, then driftline baselines update"
            f" --platform {shlex.quote(report.platform)}{where}",
        )
