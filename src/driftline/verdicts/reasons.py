"""The reason of a verdict, as a sentence."""

from __future__ import annotations

from typing import NamedTuple

from driftline.verdicts.words import INCONCLUSIVE, NO_CHANGE, NOT_COMPARABLE, SUSPECT, THRESHOLD_ONLY

# What is paired: what one is called, how, what more of would help, and what helps where that does not.
PAIRS = {
    "episodes": ("paired episode", "", "episodes", "no number of episodes would show less: runs differ by as much"),
    "captures": ("capture", " a side", "", "captures in turns would show less (profile freeze --against)"),
    "turns": ("capture", " in turns", "captures in turns", ""),
}


class Story(NamedTuple):
    """What a sentence is made of; per cent where not said otherwise."""

    label: str
    verdict: str
    n: int
    effect: float | None
    low: float | None
    high: float | None
    q: float | None
    mde: float | None
    margin: float | None
    noise: str
    noise_source: str
    pairs_needed: int | None
    pairs: str
    is_identical: bool


def reason(story: Story) -> str:
    """Why the verdict is what it is."""
    if story.verdict == NOT_COMPARABLE:
        return f"{story.label} cannot be compared: no pair of usable values."
    if story.is_identical:
        return f"{story.label}: the same on {_counted(story)}."
    if story.verdict == THRESHOLD_ONLY:
        change = "" if story.effect is None else f" {_signed(story.effect)}"
        return f"{story.label}{change}: {_counted(story)}, and how much a repetition differs is not known."
    return f"{story.label} {_measured(story)}: {_judgement(story)}."


def _judgement(story: Story) -> str:
    noise = f", {story.noise}" if story.noise else ""
    if story.verdict == NO_CHANGE:
        if story.low is None or story.margin is None:
            return f"too small to matter; {_counted(story)}"
        return f"within ±{story.margin:.3g} % or too small to matter; {_counted(story)}{noise}"
    if story.verdict == SUSPECT:
        return f"measure again to confirm; {_counted(story)}{noise}"
    if story.verdict == INCONCLUSIVE:
        seen = f"{_counted(story)}{noise}"
        return f"{seen} can only show changes of {_mde(story)} and more{_wanted(story)}"
    return f"{_counted(story)}{noise}"


def _wanted(story: Story) -> str:
    """What would settle it."""
    if story.margin is None:
        return ""
    more, instead = PAIRS[story.pairs][2:]
    if story.pairs_needed and story.pairs_needed > story.n and more:
        return f"; about {story.pairs_needed} {more} would show {story.margin:.3g} %"
    return f"; {instead}" if instead and not story.pairs_needed else ""


def _measured(story: Story) -> str:
    if story.effect is None:
        return "changed"
    interval = "" if story.low is None or story.high is None else f" [{_plain(story.low)}, {_plain(story.high)}]"
    q = "" if story.q is None else ", q < .001" if story.q < 0.001 else f", q = {story.q:.3f}".replace("0.", ".")
    return f"{_signed(story.effect)}{interval}{q}"


def _counted(story: Story) -> str:
    unit, how = PAIRS[story.pairs][:2]
    return f"{story.n} {unit}{'' if story.n == 1 else 's'}{how}"


def _mde(story: Story) -> str:
    return "an unknown size" if story.mde is None else f"{story.mde:.2g} %" if story.mde < 100 else f"{story.mde:.0f} %"


def _signed(value: float) -> str:
    return f"{_plain(value)} %"


def _plain(value: float) -> str:
    """With a sign; a true minus, so that it is as wide."""
    return f"{value:+.1f}".replace("-", "−") if abs(value) < 1000 else f"{value:+.0f}".replace("-", "−")


def plain_reason(label: str, effect: float | None, why_not: str, is_comparable: bool) -> str:
    """Why there is no more to say of a single value on each side."""
    if not is_comparable:
        return f"{label} cannot be compared: {why_not or 'no value on both sides'}."
    change = "" if effect is None else f" {_signed(effect)}"
    return f"{label}{change}: a single value on each side, and how much a repetition differs is not known."
