"""`driftline ci`: workflows that measure a project on GitHub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from driftline.cli.tables import put, say
from driftline.errors import UserError

app = typer.Typer(help="Let GitHub measure a project: each pull request and each night.", no_args_is_help=True)


@app.callback()
def _ci() -> None:
    """Keeps `init` a word of its own."""


@app.command("init")
def write_ci(
    tests: Annotated[str, typer.Option(metavar="COMMAND", help="What runs the tests that are recorded.")] = "pytest",
    install: Annotated[
        str, typer.Option(metavar="COMMAND", help="What installs the project and, beside it, driftline.")
    ] = "pip install -e . driftline pytest",
    python: Annotated[str, typer.Option(metavar="VERSION", help="The version of Python.")] = "3.12",
    threshold: Annotated[
        float, typer.Option(metavar="FRACTION", help="A change for the worse above this fails: 0.20 is 20 %.")
    ] = 0.20,
    branch: Annotated[str, typer.Option(help="The branch that pull requests go to and nights measure.")] = "main",
    root: Annotated[
        str, typer.Option(metavar="DIR", help="Where performance_baselines.json and driftline.toml are committed.")
    ] = ".",
    runs_on: Annotated[
        str, typer.Option(metavar="LABEL", help="The runner that measures; its kind is the platform.")
    ] = "ubuntu-latest",
    replace: Annotated[bool, typer.Option("--replace", help="Write over workflows that are there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the workflows and write nothing.")] = False,
) -> None:
    """Write .github/workflows/performance.yml and nightly-benchmark.yml; run it at the top of the repository."""
    from driftline.lifecycle.workflows import FOLDER, Choices, workflows, write_workflows

    choices = Choices(tests, install, python, threshold, branch, root, runs_on)
    if dry_run:
        for name, text in workflows(choices).items():
            put(f"# {FOLDER / name}\n{text}")
        return
    # A worktree has a file of this name.
    if not Path(".git").exists():
        raise UserError(
            f"{Path.cwd()} is not the top of a git repository, and GitHub reads workflows from there only",
            "go there (git rev-parse --show-toplevel), or look with --dry-run",
        )
    for path in write_workflows(FOLDER, choices, replace):
        say(f"wrote {path}")
    say(
        "commit them; then, in the settings on GitHub, make Performance a required check, and let Actions create pull"
        " requests"
    )
