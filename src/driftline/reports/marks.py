"""How a change and its verdict look: arrow and size, chip, strip with its interval. Never by colour alone."""

from __future__ import annotations

from typing import Any

from driftline.metrics import Metric, percent
from driftline.reports.html import change, esc

Row = dict[str, Any]
STRIP_WIDTH = 170
STRIP_LOW, STRIP_HIGH = -100.0, 100.0
OPEN = ("suspect", "inconclusive")
VERDICT_CHIPS = {
    "regressed": "rw",
    "improved": "bt",
    "changed": "ch",
    "no change": "eq",
    "suspect": "sp",
    "inconclusive": "in",
}
# What only a level says.
CHIPS = {
    ("fail", None): ("pf", "past fail"),
    ("warn", None): ("pw", "past warn"),
    (None, "gain"): ("pg", "gain"),
    ("ok", None): ("nc", "inside"),
}
# Numbers of episodes and shares of them are told by their difference: one more is a fact, whatever per cent it is.
COUNTED = ("episodes", "fraction")


def has_interval(row: Row) -> bool:
    """Whether a verdict rests on the interval of an effect."""
    return row.get("ci_low") is not None and row.get("ci_high") is not None


def size(row: Row, metric: Metric) -> str:
    """How large a change is: the paired effect where pairs were judged, else the difference of both values."""
    if has_interval(row) and metric.unit not in COUNTED:
        return percent(row["effect_pct"])
    return metric.shown_change(row["delta"], row["delta_pct"])


def direction(row: Row, metric: Metric) -> float | None:
    """A number with the sign of the change that `size` tells."""
    way: float | None = row["effect_pct"] if has_interval(row) and metric.unit not in COUNTED else row["delta"]
    return way


def moved(row: Row, metric: Metric) -> str:
    """Arrow and size of a change, in the colour of its verdict if that says better or worse."""
    if not row["delta"]:
        return change(row["delta"], "")
    inner = change(direction(row, metric), size(row, metric))
    tone = _tone(row)
    return f'<span class="{tone}">{inner}</span>' if tone else inner


def told(row: Row, metric: Metric) -> str:
    """The change as a tile tells it: arrow, size and verdict, or why there is none."""
    if row["delta"] is None:
        return f'<span class="m">{esc(row["status"])}</span>'
    if row["delta"] == 0:
        return '<span class="m">= 0 unchanged</span>'
    return f"{moved(row, metric)} {chip(row)}"


def _tone(row: Row) -> str:
    verdict = row.get("verdict")
    if verdict == "regressed" or (verdict == "suspect" and _is_good(row) is False):
        return "w"
    return "b" if verdict == "improved" or (verdict == "suspect" and _is_good(row)) else ""


def is_turned(row: Row) -> bool:
    """Whether the difference of both values goes another way than most of the pairs: one of them can turn it."""
    return has_interval(row) and row["effect_pct"] * row["delta"] < 0


def _is_good(row: Row) -> bool | None:
    """Whether the change that is told is one for the better; `good` is of the difference."""
    good: bool | None = row["good"]
    return good if good is None or not is_turned(row) else not good


def chip(row: Row) -> str:
    """The verdict of a delta by form and word; where the noise was not weighed what its level says, which is no more
    than a threshold."""
    verdict = row.get("verdict")
    form = VERDICT_CHIPS.get(verdict or "")
    if form == "rw" and row["verdict_level"] == "fail":
        form = "rf"
    elif form == "sp" and _is_good(row) is not False:
        form = "sb" if _is_good(row) else "in"
    if form and row["delta"] != 0:
        words = f"✓ {verdict}" if form == "eq" else verdict
        return f'<span class="chip {form}" title="{esc(row["reason"])}">{words}</span>'
    if row["status"] not in ("compared", "zero baseline"):
        return f'<span class="chip np">{esc(row["status"])}</span>'
    if verdict == "not comparable":
        return f'<span class="chip np" title="{esc(row["reason"])}">{verdict}</span>'
    if row["delta"] == 0:
        return '<span class="chip nc">unchanged</span>'
    if row["level"] in ("fail", "warn"):
        form, words = CHIPS[row["level"], None]
    elif row["gain"] in ("fail", "warn"):
        form, words = CHIPS[None, "gain"]
    elif row["level"] is None:
        form, words = "ch", "changed"
    else:
        form, words = CHIPS["ok", None]
    return f'<span class="chip {form}" title="{esc(row.get("reason") or "threshold only: not weighed")}">{words}</span>'


def verdict(word: str) -> str:
    """An undecided verdict by form and word, whatever level it is past."""
    return f'<span class="chip {VERDICT_CHIPS.get(word, "nc")}">{word}</span>'


def sees(row: Row) -> str:
    """From which size on a change would have been seen, where the verdict is open and this one is smaller."""
    if row.get("verdict") not in OPEN or row["mde_pct"] is None or abs(row.get("effect_pct") or 0) >= row["mde_pct"]:
        return ""
    return f'<span class="sees">sees ≥ {percent(row["mde_pct"]).removeprefix("+")}</span>'


def strip(row: Row) -> str:
    """The change on a scale of −100 … +100 % of the baseline over the warn band: a dot with its 95 % interval, hollow
    where none is known."""
    is_sure, pct = has_interval(row), _pct(row)
    if pct is None:
        return '<span class="m">no percent</span>'
    middle = STRIP_WIDTH / 2
    per_pct = STRIP_WIDTH / (STRIP_HIGH - STRIP_LOW)
    half = min(row["warn_at_pct"] or 0, STRIP_HIGH) * per_pct
    at, low, high = (middle + end * per_pct for end in _clipped(row, pct))
    tone = _tone(row)
    css = f' class="{" ".join(filter(None, ("st-dot", tone)))}"' if is_sure else ""
    mark = (
        f'<path d="M{STRIP_WIDTH - 8} 5l6 4-6 4" class="st-beyond"/>'
        if pct > STRIP_HIGH
        else f'<circle cx="{at:.1f}" cy="9" r="3.5"{css}/>'
    )
    if is_sure:
        bar = f'x="{low:.1f}" y="7" width="{max(high - low, 1):.1f}" height="4"'
        mark = f'<rect class="{" ".join(filter(None, ("st-ci", tone)))}" {bar}/>{mark}'
    return (
        f'<svg class="strip" width="{STRIP_WIDTH}" height="18" role="img" aria-label="{esc(_told(row, pct))}">'
        f'<rect x="{middle - half:.1f}" y="0" width="{2 * half:.1f}" height="18"/>'
        f'<line x1="{middle}" x2="{middle}" y1="0" y2="18"/>{mark}</svg>'
    )


def strip_scale() -> str:
    """The head of a column of strips."""
    return f'<span class="scale" style="width:{STRIP_WIDTH}px"><i>−100</i><i>0</i><i>+100</i></span>'


def small_strip(row: Row) -> str:
    """The same as wide as its cell allows."""
    is_sure, pct = has_interval(row), _pct(row)
    if pct is None:
        return '<span class="m">baseline is 0</span>'
    share = 100 / (STRIP_HIGH - STRIP_LOW)
    at, low, high = (50 + end * share for end in _clipped(row, pct))
    tone = _tone(row)
    bar = f'<em class="{tone}" style="left:{low:.1f}%;width:{high - low:.1f}%"></em>' if is_sure else ""
    css = f' class="sure {tone}"' if is_sure else ""
    half = min(row["warn_at_pct"] or 0, STRIP_HIGH) * share
    return (
        f'<span class="iv" role="img" aria-label="{esc(_told(row, pct))}"><i style="left:{50 - half:.1f}%;'
        f'width:{2 * half:.1f}%"></i><u></u>{bar}<s{css} style="left:{at:.1f}%"></s></span>'
    )


def is_beyond(row: Row) -> bool:
    """Whether the change lies outside the strips' scale."""
    return (_pct(row) or 0) > STRIP_HIGH


def ends(row: Row) -> str:
    """The ends of the interval, where there is one; plain text."""
    return f"{percent(row['ci_low'])} … {percent(row['ci_high'])}" if has_interval(row) else ""


def _pct(row: Row) -> float | None:
    """What a strip shows: the paired effect, else the difference, in per cent of the baseline."""
    pct: float | None = row["effect_pct"] if has_interval(row) else row["delta_pct"]
    return pct


def _clipped(row: Row, pct: float) -> tuple[float, ...]:
    """Effect and ends of its interval, inside the scale."""
    values = (pct, row.get("ci_low"), row.get("ci_high"))
    return tuple(min(max(value or 0.0, STRIP_LOW), STRIP_HIGH) for value in values)


def _told(row: Row, pct: float) -> str:
    """What a strip shows, for who cannot see it."""
    if not has_interval(row):
        return percent(pct)
    return f"{percent(pct)}, from {percent(row['ci_low'])} to {percent(row['ci_high'])}"
