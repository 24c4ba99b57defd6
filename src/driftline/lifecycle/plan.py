"""What is to be frozen and how, and what stands in its way."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from driftline.artifacts.reading import file_bytes
from driftline.artifacts.yaml_text import load_mapping
from driftline.capture.launch import Request
from driftline.errors import Problems, UserError
from driftline.files import check_writable, sweep

# What a version may be called, so that it is the name of a file and nothing else.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")
_RESERVED = ("regression_rules",)


@dataclass(frozen=True)
class Plan:
    """What is to be frozen and how. `target` is the YAML file; `notes` where outliving processes are noted;
    `rounds` names those that are captured in turns, `looks` is how often it was asked whether they are enough."""

    version: str
    target: Path
    command: Sequence[str]
    dataset_id: str | None = None
    runs: int = 1
    warmups: int = 1
    interval_s: float = 0.5
    timeout_s: float | None = None
    episodes: int | None = None
    episodes_from: Path | None = None
    stages_from: Path | None = None
    has_truth: bool = True
    may_replace: bool = False
    hostname: str | None = None
    folder: Path = field(default_factory=Path.cwd)
    notes: Path | None = None
    rounds: str | None = None
    looks: int = 0

    @property
    def stem(self) -> Path:
        return self.target.with_suffix("")

    @property
    def truth(self) -> Path:
        return self.target.with_name(f"{self.stem.name}.stage_truth.json")

    @property
    def monitor_log(self) -> Path:
        return self.target.with_name(f"{self.stem.name}.monitor.log")

    @property
    def partial(self) -> Path:
        return self.target.with_name(f"{self.stem.name}.partial.yaml")

    @property
    def request(self) -> Request:
        return Request(self.command, self.interval_s, self.timeout_s, self.notes)


def check_version(version: str) -> str:
    """The version as it was given. Raises UserError where it is no plain file name."""
    if not _PLAIN.fullmatch(version) or version.endswith((".yaml", ".partial")) or version in _RESERVED:
        raise UserError(
            f"{version!r} is no version",
            "use letters, digits, '.', '_', '+' and '-', as in v2.1: it becomes the name of the profile's file",
        )
    return version


def check_target(plan: Plan) -> None:
    """Raises UserError where the profile is there already, and may not be replaced."""
    if not os.path.lexists(plan.target):
        return
    try:
        data = file_bytes(plan.target)
    except OSError as error:
        raise UserError(f"{plan.target} is in the way: {error.strerror}", "choose another --version") from None
    document = load_mapping(data, Problems())
    if document and document.content.get("promoted"):
        raise UserError(f"{plan.target} is promoted: it never changes", "choose another --version")
    if not plan.may_replace:
        raise UserError(f"{plan.target} is there already", "choose another --version, or add --replace")


def prepare(plan: Plan) -> None:
    """Raises UserError for what would otherwise be found out when all was measured."""
    check_target(plan)
    try:
        check_writable(plan.target.parent)
        sweep(plan.target.parent)
    except OSError as error:
        raise UserError(f"cannot write into {plan.target.parent}: {error.strerror}", "name another place") from None
