"""Tells when a file was appended to: at once where the system has inotify(7), else whoever asks has to look again."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_MODIFIED = 0x2
_FLAGS = os.O_CLOEXEC | os.O_NONBLOCK


class FileWatch:
    """Watches one file. `descriptor` becomes readable after every change; None where there is no such thing."""

    def __init__(self, path: Path) -> None:
        self.descriptor: int | None = None
        if sys.platform != "linux":
            return
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = libc.inotify_init1(_FLAGS)
        if descriptor < 0:
            return
        if libc.inotify_add_watch(descriptor, os.fsencode(path), _MODIFIED) < 0:
            os.close(descriptor)
            return
        self.descriptor = descriptor

    def seen(self) -> None:
        """What was told so far is told no more."""
        if self.descriptor is not None:
            try:
                os.read(self.descriptor, 65536)
            except BlockingIOError:
                return

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
