"""The front door of `panel serve dashboard`: finds this package first, whatever else is called `dashboard`."""

import sys
from pathlib import Path

_HOME = str(Path(__file__).resolve().parent.parent)
sys.path[:] = [_HOME, *(entry for entry in sys.path if entry != _HOME)]

from dashboard.app import page  # noqa: E402 - the path comes first

page().servable(title="driftline")
