"""Writes `releases.yaml`, which says to which release a run belongs: one line changes, all else stays as it was."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import yaml

from driftline.artifacts.values import text
from driftline.artifacts.yaml_text import load_mapping
from driftline.errors import Problems, UserError
from driftline.files import write_atomically
from driftline.store import Store

NAME = "releases.yaml"
BY_HAND = "mend the file or write the line yourself"


def map_release(store: Store, run: str, release: str) -> str:
    """Says in the root's releases.yaml that the run belongs to the release, and returns what was done as one line.

    `run` is a key, or a run id that only one run has. Raises UserError for a run that is not there or that names its
    release itself, for a release that cannot be written, and for a file that cannot be changed in one place.
    """
    if text(release) != release or "\n" in release:
        raise UserError(f"{release!r} is no release", "name it in one line, without white space around it")
    key, stated, apart = _found(store, run)
    if stated is not None and stated != release:
        raise UserError(
            f"fingerprint.json of {key} names release {stated}, which counts more than {NAME}",
            "correct the fingerprint where it is made",
        )
    path = store.root / NAME
    with store.cache.lock():
        before = _content(path)
        known = _mapping(before)
        if known is None:
            raise UserError(f"{NAME} is no mapping of run to release", BY_HAND)
        if known.get(key) == release:
            return f"{key} is release {release} already"
        try:
            after = with_mapping(before, key, release)
        except yaml.YAMLError:
            # The parser that reads fast takes more than the one that knows where things stand.
            after = ""
        if _mapping(after) != {**known, key: release}:
            raise UserError(f"{NAME} is written in a way that cannot be changed in one place", BY_HAND)
        try:
            write_atomically(path, after)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}", "make it writable and try again") from None
    was = f", no longer {known[key]}" if key in known else ""
    profiles = store.connection.execute("select 1 from profiles where release = ? and not archived", [release])
    alone = "" if profiles.fetchone() else "; no profile has this release"
    return f"{key} is release {release}{was}{f'; as {apart} it stands for none on Performance' if apart else alone}"


def _found(store: Store, run: str) -> tuple[str, str | None, str | None]:
    """The key of the run, the release that it names itself, and what keeps it from standing for a release."""
    statement = """select run, run_id, case when release_source = 'fingerprint' then release end,
    case when category = 'reference' then 'a reference' when archived then 'an archived run' end
from runs order by run"""
    rows = store.connection.execute(statement).fetchall()
    found = [row for row in rows if row[0] == run] or [row for row in rows if row[1] == run]
    if len(found) == 1:
        return found[0][0], found[0][2], found[0][3]
    if found:
        raise UserError(f"{len(found)} runs are called {run}", f"name one: {', '.join(row[0] for row in found)}")
    near = get_close_matches(run, [name for row in rows for name in row[:2]], 3)
    remedy = f"did you mean {' or '.join(near)}?" if near else '`driftline sql "select run from runs"` lists them'
    raise UserError(f"no run {run} in this root", remedy)


def _content(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", BY_HAND) from None
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise UserError(f"{NAME} is not UTF-8", "save it as UTF-8 and try again") from None


def _mapping(content: str) -> dict[str, str | None] | None:
    """What the file says: of every key the text of its value, None for what is no text. None where it is no mapping."""
    problems = Problems()
    document = load_mapping(content.encode(), problems)
    if document is not None:
        return {str(key): document.written.get(str(key)) for key in document.content}
    # A file of comments alone says nothing, and is no fault.
    return {} if not problems and yaml.compose(content, Loader=yaml.SafeLoader) is None else None


def with_mapping(content: str, run: str, release: str) -> str:
    """The text of a YAML mapping in which the value of the key is another one, or with a line for it at its end."""
    line = yaml.safe_dump({run: release}, allow_unicode=True, width=float("inf"))
    end = "\r\n" if "\r\n" in content else "\n"
    mapping = yaml.compose(content, Loader=yaml.SafeLoader)
    pairs = mapping.value if isinstance(mapping, yaml.MappingNode) else []
    found = [value for key, value in pairs if isinstance(key, yaml.ScalarNode) and key.value == run]
    if found:
        # Of a key that is given twice the last one counts.
        first, last = found[-1].start_mark.index, found[-1].end_mark.index
        value = yaml.safe_dump({"": release}, allow_unicode=True, width=float("inf")).partition(": ")[2].rstrip("\n")
        # The value of a bare `run:` begins where the colon ends; a block of lines ends with that of the last.
        space = " " if content[first - 1 : first] == ":" else ""
        rest = content[first + len(content[first:last].rstrip()) :]
        return content[:first] + space + value + rest
    indent = " " * pairs[0][0].start_mark.column if pairs else ""
    joint = "" if not content or content.endswith("\n") else end
    return f"{content}{joint}{indent}{line.rstrip()}{end}"
