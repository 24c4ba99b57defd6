"""Runs the jobs of a workflow on this machine: each `run:` with bash, the actions that are used as copies of files.

It knows the expressions and the actions that the templates use, and raises for every other one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from workflow_tools import Tools

_TOKEN = re.compile(r"\s*('[^']*'|[A-Za-z_][\w.-]*|&&|\|\||==|!=|!|\(|\))")
_OPERATORS = {"&&": " and ", "||": " or ", "!": " not ", "(": "(", ")": ")", "==": "==", "!=": "!="}
_STATES = {"cancelled": "False", "always": "True", "success": "ok", "failure": "(not ok)"}


@dataclass
class Job:
    """How a job ended: the outcome of each step by its name or its action, and what it hands on."""

    conclusion: str
    steps: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


class Hub:
    """A repository with what GitHub keeps beside it: the caches and, of the last workflow, the artifacts."""

    def __init__(self, folder: Path, tools: Tools) -> None:
        self.folder, self.tools = folder, tools
        self.origin, self.workspace, self.temp = (folder / name for name in ("origin.git", "workspace", "temp"))
        self.caches: list[tuple[str, str, Path]] = []
        self.artifacts: dict[str, Path] = {}
        self.retention: dict[str, int] = {}
        self._runs = 0
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.origin), cwd=folder)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        ended = subprocess.run(
            command, cwd=cwd or self.origin, env=environment, check=True, capture_output=True, text=True
        )
        return ended.stdout

    def commit(self, branch: str, files: Mapping[str, str]) -> None:
        """Makes a branch of main with the files, in place of one that is there."""
        tree = self.folder / "commits"
        shutil.rmtree(tree, ignore_errors=True)
        self.git("clone", "--quiet", str(self.origin), str(tree), cwd=self.folder)
        self.git("checkout", "--quiet", "-B", branch, cwd=tree)
        for name, text in files.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all", cwd=tree)
        self.git("commit", "--quiet", "--message", "files", cwd=tree)
        self.git("push", "--quiet", "--force", "origin", branch, cwd=tree)

    def run(self, text: str, branch: str, event: Mapping[str, Any], **environment: str) -> dict[str, Job]:
        """Runs all jobs of a workflow on the branch; the variables are seen by every step."""
        workflow = yaml.safe_load(text)
        self._runs += 1
        self.artifacts = {}
        github = {
            "run_id": str(self._runs), "run_attempt": "1", "token": "t0ken", "repository": "owner/project",
            "sha": self.git("rev-parse", branch).strip(), "ref": f"refs/heads/{branch}", "event": event,
        }  # fmt: skip
        done: dict[str, Job] = {}
        for name, job in workflow["jobs"].items():
            runner = {"os": "Linux", "temp": str(self.temp)}
            needs = {need: done[need] for need in [job["needs"]] if need} if "needs" in job else {}
            running = _Running(self, {"github": github, "runner": runner, "steps": {}, "needs": needs}, branch)
            done[name] = running.job(workflow, job, environment)
        return done


class _Running:
    """One job as it runs."""

    def __init__(self, hub: Hub, context: dict[str, Any], branch: str) -> None:
        self.hub, self.context, self.branch, self.ok = hub, context, branch, True
        self.summary = hub.folder / "summary.md"

    def job(self, workflow: dict[str, Any], job: dict[str, Any], environment: dict[str, str]) -> Job:
        self.ok = all(need.conclusion == "success" for need in self.context["needs"].values())
        if not self.holds(job.get("if", "success()")):
            return Job("skipped")
        self.ok, done = True, Job("success")
        for folder in (self.hub.workspace, self.hub.temp):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        self.summary.write_text("")
        self.environment = {**environment, **workflow.get("env", {}), **job.get("env", {})}
        assert workflow["defaults"]["run"]["shell"] == "bash"
        for step in job["steps"]:
            label = step.get("name", step.get("uses", "").partition("@")[0])
            outcome, outputs = "skipped", {}
            if self.holds(step.get("if", "success()")):
                outcome, outputs = self.step(step)
                self.ok = self.ok and (outcome == "success" or step.get("continue-on-error", False))
            done.steps[label] = outcome
            if "id" in step:
                self.context["steps"][step["id"]] = {"outcome": outcome, "outputs": outputs}
        done.conclusion = "success" if self.ok else "failure"
        done.outputs = {name: self.filled(value) for name, value in job.get("outputs", {}).items()}
        done.summary = self.summary.read_text()
        return done

    def step(self, step: dict[str, Any]) -> tuple[str, dict[str, str]]:
        if "uses" in step:
            given = {name: self.filled(str(value)) for name, value in step.get("with", {}).items()}
            action = step["uses"].partition("@")[0].removeprefix("actions/").replace("/", "_").replace("-", "_")
            return ("success" if getattr(self, action)(given) is not False else "failure"), {}
        names = {name: self.hub.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV")}
        for path in names.values():
            path.write_text("")
        script = self.hub.folder / "step.sh"
        script.write_text(step["run"])
        github = self.context["github"]
        environment = {
            "PATH": f"{self.hub.tools.folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.hub.folder),
            "GIT_CONFIG_GLOBAL": os.devnull, "RUNNER_TEMP": str(self.hub.temp), "GITHUB_ACTIONS": "true", "CI": "true",
            "GITHUB_REPOSITORY": github["repository"], "GITHUB_RUN_ID": github["run_id"], "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SERVER_URL": "https://example.org", "GITHUB_REF_NAME": self.branch,
            "GITHUB_STEP_SUMMARY": str(self.summary), **{name: str(path) for name, path in names.items()},
            **self.environment, **{name: self.filled(str(value)) for name, value in step.get("env", {}).items()},
        }  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        ended = subprocess.run(command, cwd=self.hub.workspace, env=environment, check=False)
        self.environment |= _pairs(names["GITHUB_ENV"])
        return ("failure" if ended.returncode else "success"), _pairs(names["GITHUB_OUTPUT"])

    def filled(self, text: str) -> str:
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(self.value(found[1])), text, flags=re.DOTALL)

    def holds(self, condition: str) -> bool:
        return bool(self.value(condition.strip().removeprefix("${{").removesuffix("}}")))

    def value(self, expression: str) -> Any:
        tokens, rest = [], expression.strip()
        while rest:
            found = _TOKEN.match(rest)
            assert found, rest
            tokens.append(found[1])
            rest = rest[found.end() :].strip()
        python = "".join(self._python(token) for token in tokens)
        return eval(python.replace("()", "").strip(), {"ok": self.ok})

    def _python(self, token: str) -> str:
        if token in _OPERATORS or token in _STATES:
            return _OPERATORS.get(token) or _STATES[token]
        return token if token.startswith("'") else repr(self._named(token))

    def _named(self, name: str) -> Any:
        place: Any = self.context
        parts = name.split(".")
        for number, part in enumerate(parts):
            # What a step did not write, and what an event does not have, is empty on GitHub; any other name is wrong.
            if isinstance(place, Job):
                place = {"outputs": place.outputs, "result": place.conclusion}
            place = place.get(part, "") if number and parts[number - 1] in ("outputs", "event") else place[part]
        return place

    def checkout(self, given: dict[str, str]) -> None:
        if "path" in given:
            for pattern in given["sparse-checkout"].split():
                target = self.hub.workspace / given["path"] / pattern.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                if self.hub.git("ls-tree", given["ref"], pattern.lstrip("/")):
                    target.write_text(self.hub.git("show", f"{given['ref']}:{pattern.lstrip('/')}"))
            return
        ref = given.get("ref", self.branch)
        self.hub.git("clone", "--quiet", str(self.hub.origin), ".", cwd=self.hub.workspace)
        self.hub.git("checkout", "--quiet", ref, cwd=self.hub.workspace)

    def setup_python(self, given: dict[str, str]) -> None:
        assert given["python-version"]

    def cache_restore(self, given: dict[str, str]) -> None:
        begins = [given["key"], *given["restore-keys"].split()]
        for key, path, kept in reversed(self.hub.caches):
            if path == given["path"] and any(key.startswith(begin) for begin in begins):
                shutil.copytree(kept, path, dirs_exist_ok=True)
                return

    def cache_save(self, given: dict[str, str]) -> None:
        assert given["key"] not in [key for key, _, _ in self.hub.caches]
        kept = self.hub.folder / f"cache-{len(self.hub.caches)}"
        self.hub.caches.append((given["key"], given["path"], Path(shutil.copytree(given["path"], kept))))

    def upload_artifact(self, given: dict[str, str]) -> None:
        if Path(given["path"]).is_dir() and any(Path(given["path"]).iterdir()):
            kept = self.hub.folder / f"artifact-{self.context['github']['run_id']}-{given['name']}"
            self.hub.artifacts[given["name"]] = Path(shutil.copytree(given["path"], kept))
            self.hub.retention[given["name"]] = int(given["retention-days"])

    def download_artifact(self, given: dict[str, str]) -> bool:
        if given["name"] not in self.hub.artifacts:
            return False
        shutil.copytree(self.hub.artifacts[given["name"]], given["path"], dirs_exist_ok=True)
        return True


def _pairs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())
