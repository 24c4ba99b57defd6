"""Programs that a workflow calls, as scripts that write down how they were called and do as little as they can.

`Tools(folder, names)` writes them; a real program in PATH takes the place of one that is not named.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_ALL = """#!{python}
import json, os, sys
from pathlib import Path
arguments = sys.argv[1:]
def option(name):
    return arguments[arguments.index(name) + 1] if name in arguments else None
def history():
    lines = [line for path in (ROOT / "history").glob("*.jsonl") for line in path.read_text().splitlines()]
    return [json.loads(line)["metrics"]["query_latency_no_vllm"] for line in lines]
def baselines():
    path = ROOT / "performance_baselines.json"
    return json.loads(path.read_text()) if path.exists() else {{}}
ROOT = Path(os.environ.get("DRIFTLINE_ROOT", "no-root"))
body = option("--body-file")
with open({log!r}, "a") as log:
    said = {{"tool": {name!r}, "arguments": arguments, "body": Path(body).read_text() if body else None,
            "token": "GH_TOKEN" in os.environ, "mode": os.environ.get("BENCHMARK_MODE"),
            "type": os.environ.get("PERFORMANCE_RUN_TYPE"), "seen": os.listdir()}}
    log.write(json.dumps(said) + "\\n")
# What fails is named "tool first-argument", or "tool --format FORMAT".
if os.environ.get("FAILS") in [{name!r} + " " + str(what) for what in (*arguments[:1], option("--format"))]:
    raise RuntimeError("as the test wants it")
"""

_PIP = ""

# Measures what the file says that the project commits, and fails as the plugin of driftline does.
_PYTEST = """
value = float(Path("latency.txt").read_text())
if os.environ.get("ENABLE_PERFORMANCE_RECORDING") == "1" and "RECORDS_NOTHING" not in os.environ:
    (ROOT / "history").mkdir(parents=True, exist_ok=True)
    with (ROOT / "history" / "GitHub_Actions_Linux.jsonl").open("a") as file:
        file.write(json.dumps({"metrics": {"query_latency_no_vllm": value}}) + "\\n")
limit = 1 + float(os.environ["REGRESSION_THRESHOLD"])
sys.exit(int(value > limit * baselines().get("query_latency_no_vllm", value)))
"""

_DRIFTLINE = """
def report():
    target, values, form = Path(option("--output")), history(), option("--format")
    baseline = baselines().get("query_latency_no_vllm")
    worse = bool(values and baseline) and values[-1] > (1 + float(option("--threshold"))) * baseline
    told = f"{values[-1]} against {baseline}" if values else "no data"
    target.write_text(f"{form} report: {told}" + (": REGRESSION" if worse else "") + "\\n" + os.environ.get("REST", ""))
    return int(os.environ.get("REPORT_EXITS", worse))
def snapshot():
    Path(arguments[1]).write_text("<html>")
    return 0
def update():
    values, baseline = history()[-5:], baselines().get("query_latency_no_vllm")
    if len(values) < 5:
        return 3
    if baseline and all(value < baseline for value in values) and sorted(values)[2] < 0.95 * baseline:
        text = json.dumps({"query_latency_no_vllm": sorted(values)[2]})
        (ROOT / "performance_baselines.json").write_text(text)
    return 0
match arguments:
    case ["report", *_]: sys.exit(report())
    case ["snapshot", *_, "--page", "tracking", "--days", "90"]: sys.exit(snapshot())
    case ["baselines", "update", "--auto-approve-improvements", "--min-runs", "5"]: sys.exit(update())
    case ["history", "compact"]: sys.exit(0 if history() else 3)
    case _: sys.exit(2)
"""

_GH = """
if "GH_TOKEN" not in os.environ or "GH_REPO" not in os.environ:
    sys.exit(4)
match arguments:
    case ["issue", "list", *_]: print(os.environ.get("OPEN_ISSUE", ""))
    case ["pr", "list", *_]: print(os.environ.get("OPEN_PULL", ""))
    case ["label", "create", *_]: sys.exit(int("HAS_LABEL" in os.environ))
    case ["issue" | "pr", "create" | "comment", *_]: print("done")
    case _: sys.exit(1)
"""

_SOURCES = {"pip": _PIP, "pytest": _PYTEST, "driftline": _DRIFTLINE, "gh": _GH}


class Tools:
    """Programs in a folder that goes first in PATH, and what they were called with."""

    def __init__(self, folder: Path, names: tuple[str, ...] = tuple(_SOURCES)) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir(parents=True)
        self._log = folder / "calls.jsonl"
        for name in names:
            path = self.folder / name
            head = _ALL.format(python=sys.executable, log=str(self._log), name=name)
            path.write_text(head + _SOURCES[name])
            path.chmod(0o755)

    def calls(self, tool: str, *first: str) -> list[dict[str, Any]]:
        """How a tool was called, in order: those calls that begin with the given arguments."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        called = [call for call in map(json.loads, lines) if call["tool"] == tool]
        return [call for call in called if call["arguments"][: len(first)] == list(first)]
