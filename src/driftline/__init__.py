"""driftline: did this release get better or worse, why, and where.

Importing this package loads nothing but the standard library, so that a program that is measured pays next to nothing.
"""

from __future__ import annotations

from driftline.stages import count, episode, stage

__all__ = ["count", "episode", "stage"]
__version__ = "0.1.0"
