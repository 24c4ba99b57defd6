"""The bullets of an output that is JSON: text in, a list out."""

from __future__ import annotations

import json
import re

_FENCE = re.compile(r"```(?:json)?\s(.*?)(?:```)?\Z", re.DOTALL | re.IGNORECASE)


def bullets(text: str) -> list[str] | None:
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
    lists = [value for value in found.values() if isinstance(value, list)] if isinstance(found, dict) else [found]
    if len(lists) != 1 or not all(isinstance(item, str) for item in lists[0]):
        return None
    return list(lists[0])
