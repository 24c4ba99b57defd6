"""Bytes to text and JSON, tolerant where the contract asks for it: BOMs, latin-1, NaN, absurd depth and digits."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from driftline.errors import Problems

SAVE_AS_UTF8 = "save the file as UTF-8"
WRITE_AGAIN = "write the file again; everything else is still loaded"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MAX_DIGITS = 400
MAX_DEPTH = 100
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def decode(data: bytes, problems: Problems) -> str:
    """UTF-8 with or without BOM; UTF-16 by its BOM; anything else as latin-1, with a warning."""
    if data.startswith(UTF16):
        problems.warning("the file is UTF-16, not UTF-8; it was decoded by its byte order mark", SAVE_AS_UTF8)
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.warning("the file is not UTF-8; it was read as latin-1", SAVE_AS_UTF8, line)
        return data.decode("latin-1")


def _integer(digits: str) -> float | int:
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


def parse_json(text: str) -> Any:
    """One JSON value; NaN and Infinity become floats. Raises ValueError with a reason and, where known, the line."""
    try:
        value = json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise JsonError(f"not JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise JsonError("not usable: nested too deeply", None) from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        raise JsonError("not usable: nested too deeply", None)
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


class JsonError(ValueError):
    """Why a text is no JSON value; `line` counts from 1."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason)
        self.line = line


def json_object(data: bytes, problems: Problems) -> dict[str, Any] | None:
    """The JSON object a whole file holds, else None with an error."""
    text = decode(data, problems)
    try:
        value = parse_json(text)
    except JsonError as fault:
        what = "the file is empty" if not data.strip() else str(fault)
        problems.error(what, WRITE_AGAIN, fault.line)
        return None
    if not isinstance(value, dict):
        problems.error(f"a JSON object was expected, the file holds {_kind(value)}", WRITE_AGAIN)
        return None
    _warn_of_unstorable(text, problems, None)
    return value


def json_lines(
    data: bytes, problems: Problems, remedy: str = "mend or remove the line; the others are loaded"
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each usable line. Lines end at LF only, so that U+2028 and friends stay text. `remedy`
    is what to do about a line that is no JSON."""
    for index, raw in enumerate(decode(data, problems).split("\n"), start=1):
        line = raw.strip(" \t\r")
        if not line:
            continue
        try:
            value = parse_json(line)
        except JsonError as fault:
            problems.warning(f"the line is {fault}", remedy, index)
            continue
        if not isinstance(value, dict):
            problems.warning(
                f"a JSON object was expected, the line holds {_kind(value)}", "mend or remove the line", index
            )
            continue
        _warn_of_unstorable(line, problems, index)
        yield index, value


def _warn_of_unstorable(text: str, problems: Problems, line: int | None) -> None:
    """Escapes of half a character or of NUL, which `storable` replaces."""
    if _SUSPECT.search(text) and any(escape[1] for escape in _ESCAPE.finditer(text)):
        problems.warning("half a character or NUL is escaped; U+FFFD stands in its place", SAVE_AS_UTF8, line)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "a string", bool: "a boolean"}.get(type(value), "a number")
