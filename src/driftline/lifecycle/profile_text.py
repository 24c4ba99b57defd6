"""The text of a profile, to which a block is added at its end with all else as it was; and how it is written whole."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from driftline.artifacts.reading import file_bytes
from driftline.artifacts.values import storable
from driftline.artifacts.yaml_text import Document, load_mapping
from driftline.errors import Problems, UserError
from driftline.files import remove, write_new

BY_HAND = "mend the file and try again"


@dataclass(frozen=True)
class Copy:
    """What is to be written: a file and its text."""

    path: Path
    text: str


@dataclass(frozen=True)
class Source:
    """A profile as it was read."""

    path: Path
    text: str
    document: Document

    @property
    def content(self) -> dict[Any, Any]:
        return self.document.content


def read_source(path: Path) -> Source:
    """The profile of a file. Raises UserError where it is no UTF-8, no mapping or no profile."""
    text = read_text(path)
    problems = Problems()
    document = load_mapping(text.encode(errors="surrogateescape"), problems)
    if document is None:
        reason = next((problem.problem for problem in problems), "a mapping was expected")
        raise UserError(f"{path} is no profile: {reason}", BY_HAND)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(f"{path} is not UTF-8", "save it as UTF-8 and try again") from None
    if document.content.get("release") is None or not {"stages", "totals"} & document.content.keys():
        raise UserError(f"{path} is no profile: it needs a release, and stages or totals", BY_HAND)
    return Source(path, text, document)


def read_text(path: Path) -> str:
    """The file, each byte that is no UTF-8 as a surrogate, so that it can be written as it was. Raises UserError."""
    try:
        return file_bytes(path).decode(errors="surrogateescape")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "check its owner and permissions") from None


def with_block(source: Source, name: str, block: Mapping[str, str]) -> str:
    """The text with `name: {block}` at its end. Raises UserError where that cannot be written there."""
    if name in source.content:
        raise UserError(f"{source.path} has a block {name} already", "leave it as it is, or freeze a profile anew")
    stated = {name: {key: storable(value) for key, value in block.items()}}
    dumped = f"{name}:\n" + "".join(f"  {key}: {_scalar(value)}\n" for key, value in stated[name].items())
    end = "\r\n" if "\r\n" in source.text else "\n"
    first = next((node.start_mark.column for node in _keys(source.text)), 0)
    lines = [f"{' ' * first}{line}{end}" for line in dumped.split("\n")[:-1]]
    after = source.text + ("" if source.text.endswith("\n") else end) + "".join(lines)
    document = load_mapping(after.encode(), Problems())
    # Compared as text: 1, 1.0 and true are equal, but not the same value.
    if document is None or repr(document.content) != repr({**source.content, **stated}):
        raise UserError(
            f"{source.path} is written in a way that nothing can be added at its end",
            "write it as a block of `key: value` lines, without '...' or braces around them",
        )
    return after


def _scalar(value: str) -> str:
    """The value on one line; in quotes with escapes where it holds what would end one."""
    style = None if value.isprintable() else '"'
    dumped = yaml.safe_dump({"": value}, allow_unicode=True, width=float("inf"), default_style=style)
    return str(dumped.partition(": ")[2].rstrip("\n"))


def _keys(text: str) -> list[yaml.Node]:
    mapping = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return [key for key, _ in mapping.value] if isinstance(mapping, yaml.MappingNode) else []


def write_whole(profile: Copy, companions: Sequence[Copy]) -> None:
    """The companions first: a profile that is there is whole. Where it cannot be written they go again, and nothing
    that is there is replaced by it. Raises UserError."""
    written: list[Path] = []
    try:
        profile.path.parent.mkdir(parents=True, exist_ok=True)
        for copy in companions:
            # Without a profile beside it, what is there was left by a process that was killed.
            remove([copy.path])
            write_new(copy.path, copy.text)
            written.append(copy.path)
        write_new(profile.path, profile.text)
    except FileExistsError:
        remove(written)
        raise UserError(f"{profile.path} was made meanwhile", "look at it, then try again") from None
    except OSError as error:
        remove(written)
        raise UserError(f"cannot write {profile.path}: {error.strerror}", "make it writable and try again") from None
    except BaseException:
        if not os.path.lexists(profile.path):
            remove(written)
        raise
