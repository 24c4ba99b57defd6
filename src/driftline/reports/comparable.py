"""What makes chosen profiles hard to compare: machines, datasets, devices, software, how memory was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from driftline import queries
from driftline.reports import html
from driftline.reports.choice import ProfileComparison
from driftline.reports.html import esc

Row = dict[str, Any]
MACHINES = (
    "Selected profiles come from different machines — absolute RSS/CPU values are not directly comparable. "
    "Filter by hostname in the sidebar for meaningful comparisons."
)
DATASETS = (
    "Profiles use different datasets — wall times are not directly comparable across different episode counts/sizes."
)
LIBRARY = "library_versions."
NOTE, WARNINGS = "rss_measurement_note", "warnings"
# What each key of an environment is called; those of hardware say nothing new where the hosts differ.
HARDWARE = {"cpu": "CPU", "os": "Operating system"}
DEVICES = {"device": "Device", "precision": "Precision"}
NAMED, LIBRARIES_NAMED, VALUES_NAMED = 2, 3, 6
NOT_STATED = "not stated"
# Trends and quality against cost draw every profile that the filters keep.
OTHERS = {
    "machines": "absolute RSS/CPU values are not directly comparable with the others.",
    "datasets": "wall times are not directly comparable with the others.",
}


def banner(connection: queries.Connection, comparison: ProfileComparison) -> str:
    """One line for each reason as HTML; nothing where there is none."""
    chosen, drawn = [comparison.baseline, *comparison.candidates], list(comparison.profiles)
    rows = {row["key"]: row["values"] for row in queries.environment_differences(connection, chosen)}
    hosts, datasets = (_values(comparison, chosen, name) for name in ("hostname", "dataset_id"))
    all_hosts, all_datasets = (_values(comparison, drawn, name) for name in ("hostname", "dataset_id"))
    one_host = _one_host(comparison)
    devices = {**({} if len(hosts) > 1 else HARDWARE), **DEVICES}
    software = {"python": "Python", **{key: key.removeprefix(LIBRARY) for key in rows if key.startswith(LIBRARY)}}
    lines = [
        _mixed("machines", hosts, all_hosts, MACHINES, one_host),
        _mixed("datasets", datasets, all_datasets, DATASETS, ""),
        _line("Different devices", _told(rows, devices, comparison)),
        _line("Different software", _told(rows, software, comparison)),
        *(_line(f"Memory of {_names(found, comparison)}", found["value"]) for found in rows.get(NOTE, [])),
        *(_line(f"{_names(found, comparison)} may be off", found["value"]) for found in rows.get(WARNINGS, [])),
    ]
    said = [line for line in lines if line]
    return f'<div class="ban">{"<br>".join(said)}</div>' if said else ""


def _values(comparison: ProfileComparison, profiles: Sequence[str], name: str) -> list[str]:
    """What the profiles state, each once; where only some state it, that is a difference too."""
    stated = {comparison.profiles[profile][name] for profile in profiles} - {None, ""}
    is_whole = all(comparison.profiles[profile][name] for profile in profiles)
    return [*sorted(stated), *([] if is_whole or not stated else [NOT_STATED])]


def _mixed(what: str, chosen: list[str], drawn: list[str], why: str, remedy: str) -> str:
    """The RFC's line where the compared profiles differ; else one where those drawn beside them do."""
    if len(chosen) > 1:
        return _line(f"Different {what}", html.some(chosen, VALUES_NAMED), why + remedy)
    if len(drawn) > 1:
        same = f"Those compared are of {esc(chosen[0]) if chosen else 'none that is stated'}; "
        return _line(f"Different {what} in the charts", html.some(drawn, VALUES_NAMED), same + OTHERS[what] + remedy)
    return ""


def _line(what: str, said: str, why: str = "") -> str:
    """`what` and `said` are plain text, `why` HTML; nothing where nothing is said."""
    return f"<b>{esc(what)}.</b> {esc(said)}. {why}".strip() if said else ""


def _one_host(comparison: ProfileComparison) -> str:
    host = comparison.profiles[comparison.focus]["hostname"]
    if not comparison.is_live or not host:
        return ""
    return " " + html.link(comparison.query(hosts=(host,)), f"Keep {esc(host)}")


def _told(rows: dict[str, Any], names: dict[str, str], comparison: ProfileComparison) -> str:
    """Every key that differs: its values, and which profiles state them."""
    told = []
    for key, name in names.items():
        values = [f"{found['value']} in {_names(found, comparison)}" for found in rows.get(key, [])]
        told += [f"{name} {', '.join(values)}"] if len(values) > 1 else []
    more = f" and {len(told) - LIBRARIES_NAMED} more" if len(told) > LIBRARIES_NAMED else ""
    return "; ".join(told[:LIBRARIES_NAMED]) + more


def _names(found: Row, comparison: ProfileComparison) -> str:
    return html.some([comparison.labels[profile] for profile in found["profiles"]], NAMED)
