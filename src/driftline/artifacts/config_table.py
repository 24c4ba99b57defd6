"""A table of a configuration file whose keys and values are checked: a fault is a UserError that names both."""

from __future__ import annotations

import math
import shlex
from collections.abc import Collection
from pathlib import Path
from typing import Any

from driftline.artifacts.values import excerpt
from driftline.errors import UserError


class Table:
    """A table by its dotted name. What is not there is None; every method raises UserError for a value of another
    kind."""

    def __init__(self, file: Path, name: str, content: Any) -> None:
        self._file, self._name = file, name
        if not isinstance(content, dict):
            raise self._wrong(name, f"holds {excerpt(content)}", "a table of keys and values was expected")
        self._content: dict[Any, Any] = content

    def check_keys(self, known: Collection[str]) -> None:
        """Refuses any other key: it would be overlooked."""
        for key in self._content:
            if key not in known:
                place = f"{self._name}.{_plain(key)}"
                raise self._wrong(place, "is unknown", f"use one of {', '.join(sorted(known))}")

    def names(self) -> list[str]:
        """The keys, which are texts, in the order of the file."""
        for key in self._content:
            if not isinstance(key, str) or not key or not key.isprintable():
                raise self._wrong(self._name, f"has a key {excerpt(key)}", "use printable text in quotes")
        return list(self._content)

    def text(self, key: str) -> str | None:
        value = self._content.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip() or "\0" in value):
            raise self.wrong(key, value, "write text in quotes")
        return value

    def flag(self, key: str) -> bool | None:
        value = self._content.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(key, value, "write true or false")
        return value

    def whole(self, key: str) -> int | None:
        """A whole number of at least 1."""
        value = self._content.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise self.wrong(key, value, "write a whole number of at least 1")
        return value

    def positive(self, key: str) -> float | None:
        """A number above 0."""
        value = self._content.get(key)
        if value is None:
            return None
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        try:
            number = float(value) if is_number else math.nan
        except OverflowError:
            number = math.inf
        if not (math.isfinite(number) and number > 0):
            raise self.wrong(key, value, "write a number above 0")
        return number

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts, none of them blank."""
        value = self._content.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            raise self.wrong(key, value, "write a list of texts in quotes")
        return tuple(value)

    def words(self, key: str) -> tuple[str, ...] | None:
        """A command: a list of texts, or one text that is split as a shell would, without running one."""
        value = self._content.get(key)
        if value is None:
            return None
        try:
            words = shlex.split(value) if isinstance(value, str) else value
        except ValueError as error:
            raise self.wrong(key, value, f"close the quotes ({error})") from None
        is_usable = isinstance(words, list) and all(isinstance(word, str) and "\0" not in word for word in words)
        if not is_usable or not words or not words[0].strip():
            raise self.wrong(key, value, 'write a list of texts, such as ["python", "generate.py"], or one text')
        return tuple(words)

    def table(self, key: str) -> Table | None:
        value = self._content.get(key)
        return None if value is None else Table(self._file, f"{self._name}.{_plain(key)}", value)

    def tables(self, key: str) -> dict[str, Table]:
        """The tables below a key by their names; none where there is no such key."""
        outer = self.table(key)
        if outer is None:
            return {}
        return {name: Table(self._file, f"{outer._name}.{name}", outer._content[name]) for name in outer.names()}

    def wrong(self, key: str, value: Any, remedy: str) -> UserError:
        """What is to be raised for the value of a key."""
        return self._wrong(f"{self._name}.{_plain(key)}", f"cannot be {excerpt(value)}", remedy)

    def refused(self, what: str, remedy: str) -> UserError:
        """What is to be raised for the table as a whole."""
        return self._wrong(self._name, what, remedy)

    def _wrong(self, place: str, what: str, remedy: str) -> UserError:
        return UserError(f"{self._file}: {place} {what}", remedy)


def _plain(key: Any) -> str:
    return key if isinstance(key, str) and key.isprintable() else excerpt(key)
