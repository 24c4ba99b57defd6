"""Writes the workflows of GitHub that measure a project: the shipped templates with a few choices filled in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

import yaml

from driftline.errors import UserError
from driftline.files import write_atomically, write_new

FOLDER = Path(".github") / "workflows"
NAMES = ("performance.yml", "nightly-benchmark.yml")
OLDEST_MINOR = 11
_PLACE = re.compile(r"@([a-z]+)@")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PATH = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_PYTHON = re.compile(r"3\.([0-9]{1,3})(\.[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Choices:
    """What differs between projects; `threshold` is a fraction, `root` a folder of the repository."""

    tests: str = "pytest"
    install: str = "pip install -e . driftline pytest"
    python: str = "3.12"
    threshold: float = 0.20
    branch: str = "main"
    root: str = "."
    runner: str = "ubuntu-latest"


def workflows(choices: Choices) -> dict[str, str]:
    """The text of each workflow by the name of its file. Raises UserError for a choice that cannot stand in one."""
    values = _values(choices)
    folder = resources.files("driftline") / "ci"
    # One pass: what stands in a choice is text, never a place to fill.
    return {name: _PLACE.sub(lambda found: values[found[1]], (folder / name).read_text("utf-8")) for name in NAMES}


def write_workflows(folder: Path, choices: Choices, replace: bool) -> list[Path]:
    """Writes the workflows into the folder, which is made if it is not there; the files.

    Raises UserError for a choice that cannot stand in a workflow, where a file is there already, unless it may be
    replaced, and where nothing can be written. Nothing is written unless all may be.
    """
    texts = {folder / name: text for name, text in workflows(choices).items()}
    for path in texts:
        if path.is_symlink() or (path.exists() and not replace):
            raise _taken(path)
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            (write_atomically if replace else write_new)(path, text)
        except FileExistsError as error:
            raise _taken(path) from error
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}", "check the folder's owner") from error
    return list(texts)


def _taken(path: Path) -> UserError:
    if path.is_symlink():
        return UserError(f"{path} is a link", "remove it: GitHub reads workflows from files only")
    return UserError(f"{path} is there already", "compare it with --dry-run, or write over it with --replace")


def _values(choices: Choices) -> dict[str, str]:
    """What each place of a template becomes: a quoted YAML scalar, or a text of which every character is harmless."""
    prefix = _prefix(choices.root)
    branch = _branch(choices.branch)
    return {
        "tests": _quoted(_command(choices.tests, "--tests")),
        "install": _quoted(_command(choices.install, "--install")),
        "python": _quoted(_python(choices.python)),
        "threshold": _quoted(_threshold(choices.threshold)),
        "branch": _quoted(branch),
        "ref": f"refs/heads/{branch}",
        "prefix": prefix,
        "runner": _quoted(_runner(choices.runner)),
    }


def _quoted(text: str) -> str:
    """In single quotes YAML knows no escapes: every character is itself."""
    dumped: str = yaml.safe_dump(text, default_style="'", width=math.inf, allow_unicode=True)
    return dumped.removesuffix("\n")


def _command(text: str, option: str) -> str:
    command = text.strip()
    if not command:
        raise UserError(f"{option} is empty", f"give the command that runs in bash: {option} 'make test'")
    if not command.isprintable():
        raise UserError(
            f"{option} is more than one line of plain text: {command!r}",
            "put the commands into a script of the repository and name it, or join them with &&",
        )
    if "${{" in command:
        raise UserError(
            f"{option} holds an expression of GitHub (${{{{): {command!r}",
            "it would be filled in before bash reads it, with whatever it holds; use variables of the environment",
        )
    return command


def _python(version: str) -> str:
    found = _PYTHON.fullmatch(version)
    if not found or int(found[1]) < OLDEST_MINOR:
        raise UserError(
            f"{version!r} is no version of Python that driftline runs on", f"give 3.{OLDEST_MINOR} or later: 3.12"
        )
    return version


def _threshold(fraction: float) -> str:
    if fraction >= 1:
        raise UserError(
            f"--threshold {fraction:g} is a limit of {fraction:.0%}",
            f"give a fraction: {fraction / 100:g} for {fraction:g} %",
        )
    if not fraction > 0:
        raise UserError(f"--threshold {fraction:g} is not above 0", "give a fraction between 0 and 1: 0.20 for 20 %")
    return repr(fraction)


def _branch(name: str) -> str:
    parts = PurePosixPath(name).parts
    if (
        not _PATH.fullmatch(name)
        or name.startswith("-")
        or ".." in name
        or any(part.startswith(".") or part.endswith((".", ".lock")) for part in parts)
    ):
        raise UserError(f"{name!r} is no name of a branch that a workflow can hold", "name one branch: --branch main")
    return name


def _prefix(root: str) -> str:
    """The folder with a slash at its end, or nothing for the top of the repository."""
    path = PurePosixPath(root)
    if path == PurePosixPath():
        return ""
    if not _PATH.fullmatch(str(path)) or ".." in path.parts or path.parts[0] == ".git":
        raise UserError(
            f"{root!r} is no folder below the top of a repository",
            "give its path from there, of letters, digits, . _ and -: --root data",
        )
    return f"{path}/"


def _runner(label: str) -> str:
    if not _NAME.fullmatch(label):
        raise UserError(f"{label!r} is no label of a runner", "give one label: --runs-on ubuntu-latest")
    return label
