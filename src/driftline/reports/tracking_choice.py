"""What of the histories a page shows: which platforms, since when, which run types; and what falls out by that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from driftline import queries
from driftline.queries import Row

WINDOWS = ("30", "90", "all")
USUAL = "90"
# No history is longer, in days, and no date would be left before it.
LONGEST = 365 * 1000


@dataclass(frozen=True)
class Chosen:
    """`days` is one of WINDOWS or another number, `since` where the window begins (UTC; None: it has no beginning).

    `every` has each platform as queries.platforms tells it, `platforms` are those that are shown. Their series are in
    `series`, or in `stale` where the newest record is older than the window; `never` have only a baseline. `unknown`
    were asked for and are in no file. Empty `run_types` keep every record.
    """

    days: str
    since: datetime | None
    every: tuple[Row, ...]
    platforms: tuple[str, ...]
    series: tuple[Row, ...]
    stale: tuple[Row, ...]
    never: tuple[str, ...]
    unknown: tuple[str, ...]
    run_types: tuple[str, ...]

    @property
    def recorded(self) -> list[str]:
        """The platforms that have any record."""
        return [row["platform"] for row in self.every if row["records"]]

    @property
    def window(self) -> str:
        """The window in words."""
        return "all days" if self.days == "all" else f"{self.days} days"


def choose(
    connection: queries.Connection,
    days: str = "",
    platforms: Sequence[str] = (),
    run_types: Sequence[str] = (),
    now: datetime | None = None,
) -> Chosen:
    """What is shown: without platforms all, without days 90, or all days where nothing was recorded in 90. A window
    begins with a day, UTC."""
    every = tuple(queries.platforms(connection).rows)
    known = [row["platform"] for row in every]
    shown = tuple(name for name in known if name in platforms) or tuple([] if platforms else known)
    series = [row for row in queries.tracked_series(connection).rows if row["platform"] in shown]
    midnight = (now or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if days != "all" and not days.isdecimal():
        days = USUAL if any(_is_in(row, _since(midnight, USUAL)) for row in series) or not series else "all"
    since = _since(midnight, days)
    return Chosen(
        days,
        since,
        every,
        shown,
        tuple(row for row in series if _is_in(row, since)),
        tuple(row for row in series if not _is_in(row, since)),
        tuple(row["platform"] for row in every if row["platform"] in shown and not row["records"]),
        tuple(name for name in platforms if name not in known),
        tuple(run_types),
    )


def _since(midnight: datetime, days: str) -> datetime | None:
    return None if days == "all" else midnight - timedelta(days=min(int(days), LONGEST))


def _is_in(row: Row, since: datetime | None) -> bool:
    return since is None or (row["last_at"] is not None and row["last_at"] >= since)
