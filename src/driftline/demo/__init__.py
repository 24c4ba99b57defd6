"""A small, real summarizer of interviews, run as six releases that differ from the first by one setting each.

It exists to fill a root with measured artifacts. Nothing else in driftline imports it, and importing it does nothing.
"""

from __future__ import annotations
