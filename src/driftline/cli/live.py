"""Shows what a command does while it is measured: as a panel in a terminal, else as lines in a log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from driftline.capture.monitoring import LOG_NAME, STATUS_NAME, Tick
from driftline.cli.tables import visible
from driftline.errors import UserError
from driftline.lifecycle.trace import PrintLine, Show, Trace

VARIABLE = "DRIFTLINE_MONITOR_LOG"
BARS = "▁▂▃▄▅▆▇█"
SPARKS = 48
_YES, _NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def trace() -> Trace:
    """What follows the captures of a freeze: in a terminal live; in a log where there is none, or where the
    environment asks for one, which is appended to. The trace is archived with the profile either way."""
    is_live, is_forced = sys.stderr.isatty(), is_log_asked()
    log = log_path() if is_forced or not is_live else None
    return Trace(log, Path(STATUS_NAME), shown if is_live else None, is_forced)


def log_path() -> Path:
    """The log that the environment names, else that of the folder. Raises UserError where it is no file."""
    asked = os.environ.get(VARIABLE, "").strip()
    path = Path(LOG_NAME if asked.lower() in _YES | _NO else asked)
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is no file that can be appended to", f"name another one with {VARIABLE}")
    return path


def is_log_asked() -> bool:
    return os.environ.get(VARIABLE, "").strip().lower() not in _NO


@contextmanager
def shown() -> Iterator[tuple[Show, PrintLine]]:
    """A panel at the bottom of the terminal that follows the ticks, and what prints a line above it."""
    seen: list[float] = []
    with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as live:

        def show(tick: Tick) -> None:
            seen.append(tick.rss_mb)
            live.update(panel(tick, seen), refresh=True)

        # Colours stay, and nothing else that a terminal would obey.
        yield show, lambda line: live.console.print(Text.from_ansi(line), soft_wrap=True)


def panel(tick: Tick, seen: list[float]) -> Group:
    """Two lines: where the command is and what it needs; its memory so far."""
    line = Text()
    line.append(visible(tick.stage), style="bold")
    if tick.progress:
        line.append(f"  episode {tick.progress[0]}/{tick.progress[1]}")
    line.append(
        f"  {tick.elapsed_s:.0f} s (stage {tick.stage_elapsed_s:.0f} s)  RSS {tick.rss_mb:,.0f} MB"
        f"  peak {tick.peak_rss_mb:,.0f} MB  CPU {tick.cpu_pct:.0f} %"
    )
    return Group(line, Text(sparkline(seen), style="dim"))


def sparkline(values: list[float]) -> str:
    """The last values as bars from zero to the highest of them."""
    shown_values = values[-SPARKS:]
    top = max(shown_values, default=0.0) or 1.0
    return "".join(BARS[min(len(BARS) - 1, int(value / top * len(BARS)))] for value in shown_values)
