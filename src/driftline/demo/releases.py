"""The six releases of the demo: every one is the configuration of v0.1 with exactly one setting changed.

Token limits are counted as characters divided by four, everywhere in the demo.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

TOKEN_CHARS = 4
"""Characters that count as one token."""


@dataclass(frozen=True)
class Configuration:
    """Everything that decides what the pipeline does. A release is a configuration with a name."""

    cleaner: Literal["tolerant", "strict"] = "tolerant"
    min_sentence_words: int = 6
    chunk_chars: int = 1100
    similarity: Literal["indexed", "exhaustive"] = "indexed"
    rank_iterations: int = 240
    map_max_new_tokens: int = 90
    reduce_min_new_tokens: int = 60
    reduce_max_new_tokens: int = 140
    extract_knowledge: bool = True


@dataclass(frozen=True)
class Release:
    """A named configuration; `change` says in words what it does differently from v0.1."""

    name: str
    configuration: Configuration
    change: str


FIRST = Configuration()

RELEASES: tuple[Release, ...] = (
    Release("v0.1", FIRST, "the first release"),
    Release("v0.2", replace(FIRST, similarity="exhaustive"), "compares every pair of sentences"),
    Release("v0.3", replace(FIRST, extract_knowledge=False), "knowledge extraction switched off"),
    Release("v0.4", replace(FIRST, map_max_new_tokens=6), "map budget cut from 90 to 6 tokens a chunk"),
    Release("v0.5", replace(FIRST, cleaner="strict"), "cleaner that expects one exact transcript format"),
    Release("v0.6", replace(FIRST, reduce_max_new_tokens=260), "reduce budget raised from 140 to 260 tokens"),
)


def release_named(name: str) -> Release:
    """The release called `name`; KeyError if there is none."""
    return {release.name: release for release in RELEASES}[name]


def changed_settings(configuration: Configuration) -> dict[str, object]:
    """The settings in which a configuration differs from that of v0.1."""
    values = {item.name: getattr(configuration, item.name) for item in fields(configuration)}
    return {name: value for name, value in values.items() if value != getattr(FIRST, name)}
