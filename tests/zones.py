"""A machine whose local time is not UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def two_hours_ahead(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC+2, without any table of zones."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "HERE-2")
        time.tzset()
        yield
    time.tzset()
