"""Keeps the trace of the captures of a profile: what is logged while they run, and is archived beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from driftline.capture.execution import Execution, Watcher
from driftline.capture.monitoring import MonitorLog, StatusFile, Tick, tick_of

Show = Callable[[Tick], None]
PrintLine = Callable[[str], None]
Shown = Callable[[], AbstractContextManager[tuple[Show, PrintLine]]]
Watching = tuple[Watcher | None, PrintLine | None]
REASON = "profile freeze"


class Trace:
    """The sessions of the captures so far. `log` is a file that they are appended to while they run, `status` one
    that says where the command is, and `shown` shows them; `is_forced` says that the environment asked for the log."""

    def __init__(
        self, log: Path | None = None, status: Path | None = None, shown: Shown | None = None, is_forced: bool = False
    ) -> None:
        self._log, self._status, self._shown, self._is_forced = log, status, shown, is_forced
        self._sessions: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[Watching]:
        """What follows one capture, and what is to be done with what the command prints."""
        session, last = StringIO(), list[Execution]()
        with ExitStack() as opened:
            logs = [MonitorLog(session, REASON)]
            if self._log:
                logs.append(MonitorLog(opened.enter_context(self._log.open("a", encoding="utf-8")), REASON))
            status = StatusFile(self._status) if self._status else None
            if status:
                opened.callback(status.close)
            show, print_line = opened.enter_context(self._shown()) if self._shown else (None, None)

            def watch(execution: Execution) -> None:
                last[:] = [execution]
                for log in logs:
                    log.tick(execution)
                if status:
                    status.tell(execution)
                if show and execution.looks:
                    show(tick_of(execution))

            yield watch, print_line
            for log in logs:
                for execution in last:
                    log.finish(execution)
        self._sessions.append(session.getvalue())

    @property
    def text(self) -> str:
        """The sessions, one after the other."""
        return "".join(self._sessions)

    def block(self, archived: Path) -> dict[str, Any]:
        """What stage_truth says of the log."""
        return {
            "enabled": True,
            "forced_file_log_env": self._is_forced,
            "source_log": str(self._log) if self._log else None,
            "archived_log": archived.name,
            "lines": self.text.count("\n"),
            "bytes": len(self.text.encode()),
        }
