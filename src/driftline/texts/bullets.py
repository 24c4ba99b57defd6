"""The bullets of an output that is JSON: text in, lists out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_FENCE = re.compile(r"```(?:json)?\s(.*?)(?:```)?\Z", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Bullets:
    """The strings of a list, and those that stand beside it, as its title does."""

    items: tuple[str, ...]
    beside: tuple[str, ...] = ()


def bullets(text: str) -> Bullets | None:
    """The strings of a JSON list, or of the one list in a JSON object; None if the text is anything else.

    A ```` ```json ```` fence around it is no part of the text, and its end may be missing. Broken JSON is not mended:
    that a model wrote it is something to see.
    """
    body = text.strip()
    if fenced := _FENCE.match(body):
        body = fenced[1].strip()
    if body[:1] not in ("[", "{"):
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    values = list(found.values()) if isinstance(found, dict) else [found]
    lists = [value for value in values if isinstance(value, list)]
    if len(lists) != 1 or not all(isinstance(item, str) for item in lists[0]):
        return None
    return Bullets(tuple(lists[0]), tuple(value for value in values if isinstance(value, str)))
