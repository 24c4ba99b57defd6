"""Changes members of a JSON object in its text: what is not changed stays as it is written, letter by letter."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_LINE = re.compile(r"\n(?=[^\r\n])")
# Digits stay digits: a number may have more of them than a float or an int takes.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


@dataclass(frozen=True)
class Style:
    """How a text is laid out: the end of its lines and the indentation, both empty where it is one line; what stands
    between name and value; whether all of it is ASCII."""

    end: str = "\n"
    indent: str = "  "
    colon: str = ": "
    is_ascii: bool = True

    def lead(self, depth: int) -> str:
        """What stands before a member at this depth."""
        return self.end + self.indent * depth

    def dumped(self, value: Any) -> str:
        """The value on one line. Raises ValueError for a number that is not finite."""
        separators = ("," + self.gap, ":" + self.gap)
        return json.dumps(value, ensure_ascii=self.is_ascii, separators=separators, allow_nan=False)

    def appended(self, array: str | None, items: list[Any], depth: int) -> str:
        """The array, or a new one, with the items at its end, each on a line of its own where the text has lines."""
        inside = array[1:-1] if array else ""
        written = inside.rstrip()
        lead = inside[: len(inside) - len(inside.lstrip())] if written else self.lead(depth)
        tail = inside[len(written) :] if written else self.lead(depth - 1)
        for item in items:
            written += ("," + (lead or self.gap) if written else lead) + self.dumped(item)
        return f"[{written}{tail}]"

    @property
    def gap(self) -> str:
        """What stands behind a comma on one line."""
        return " " if self.colon.endswith(" ") else ""


@dataclass
class Member:
    """Name and value as they are written, and the white space before the name, around the colon, after the value."""

    name: str
    lead: str
    written: str
    colon: str
    value: str
    end: str = ""


class Members:
    """The members of one object by name, in their order. `str` gives the text back.

    The text must be a JSON object whose names are unique: see `check_object`. `depth` is that of its members; what an
    empty object is given is laid out by the style.
    """

    def __init__(self, text: str, style: Style, depth: int) -> None:
        self._style, self._depth = style, depth
        self._members: list[Member] = []
        self._tail = ""
        at = 1
        while True:
            lead, at = _space(text, at)
            if text[at] == "}":
                self._tail = lead
                return
            name, after = _DECODER.raw_decode(text, at)
            written, at = text[at:after], after
            before, at = _space(text, at)
            behind, at = _space(text, at + 1)
            _, after = _DECODER.raw_decode(text, at)
            value, at = text[at:after], after
            end, at = _space(text, at)
            member = Member(name, lead, written, f"{before}:{behind}", value, end)
            self._members.append(member)
            if text[at] == "}":
                self._tail, member.end = end, ""
                return
            at += 1

    def __str__(self) -> str:
        told = (member.lead + member.written + member.colon + member.value + member.end for member in self._members)
        return f"{{{','.join(told)}{self._tail}}}"

    def __contains__(self, name: str) -> bool:
        return any(member.name == name for member in self._members)

    @property
    def names(self) -> list[str]:
        return [member.name for member in self._members]

    def get(self, name: str) -> str | None:
        """The value as it is written; None where there is no such member."""
        return next((member.value for member in self._members if member.name == name), None)

    def members(self, name: str) -> Members:
        """The members of the object that is the value, or of an empty one where there is none."""
        return Members(self.get(name) or "{}", self._style, self._depth + 1)

    def put(self, name: str, value: str, before: str | None = None) -> None:
        """Gives the member a value as it is to be written; a new one stands before another one, else at the end."""
        for member in self._members:
            if member.name == name:
                member.value = value
                return
        at = self.names.index(before) if before in self.names else len(self._members)
        colon = self._members[0].colon if self._members else self._style.colon
        member = Member(name, self._between(), self._style.dumped(name), colon, value)
        if not self._members:
            member.lead = self._style.lead(self._depth)
            self._tail = self._style.lead(self._depth - 1)
        elif at == 0:
            member.lead, self._members[0].lead = self._members[0].lead, member.lead
        self._members.insert(at, member)

    def pop(self, name: str) -> str:
        """Takes the member out; its value as it was written."""
        at = self.names.index(name)
        if at == 0 and len(self._members) > 1:
            self._members[1].lead = self._members[0].lead
        return self._members.pop(at).value

    def _between(self) -> str:
        """What stands before a member that is not the first."""
        if len(self._members) > 1:
            return self._members[1].lead
        alone = self._members[0].lead if self._members else ""
        return alone or self._style.gap


def style_of(text: str) -> Style:
    """The style of a text that is a JSON object; of an empty one that of `json.dumps(…, indent=2)`."""
    lead, at = _space(text, text.index("{") + 1)
    end = "\r\n" if "\r\n" in text else "\n"
    if text[at] == "}":
        return Style(end, is_ascii=text.isascii())
    after = _space(text, _DECODER.raw_decode(text, at)[1])[1] + 1
    colon = ":" + _space(text, after)[0]
    if "\n" not in lead:
        return Style("", "", colon, text.isascii())
    return Style(end, lead.rpartition("\n")[2], colon, text.isascii())


def shifted(value: str, style: Style) -> str:
    """The value one level deeper."""
    return _LINE.sub("\n" + style.indent, value)


def check_object(text: str) -> None:
    """Raises ValueError, with the reason, where the text is no JSON object, or names a member twice or NaN."""
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("it holds no JSON object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"it names {name!r} twice in one object")
        found[name] = value
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _space(text: str, at: int) -> tuple[str, int]:
    """The white space from here on, and where it ends."""
    found = _SPACE.match(text, at)
    assert found is not None
    return found[0], found.end()
