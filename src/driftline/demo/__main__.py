"""The command `python -m driftline.demo`: measures the demo into a new root and checks that it shows what it should."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from driftline.demo.root import build_root
from driftline.demo.story import read_evidence, untold_parts
from driftline.errors import UserError

_OWNED = ("eval", "profiles", "README.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the root was written; 1 if the measurements do not tell the story; 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m driftline.demo", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to fill")
    parser.add_argument("--hostname", default="demo-laptop", help="host name to show in the profiles")
    parser.add_argument("--replace", action="store_true", help="replace eval, profiles and README.md in --out")
    options = parser.parse_args(arguments)
    try:
        return make_root(options.out, options.hostname, options.replace)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2


def make_root(out: Path, hostname: str, replace: bool) -> int:
    """Build beside `out` and move the result there only if it tells the story."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is not a folder", "give --out a folder")
    if out.exists() and any(out.iterdir()) and not replace:
        raise UserError(f"{out} is not empty", "give --out a new folder, or add --replace")
    parent = out.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".demo-") as folder:
        built = Path(folder) / "root"
        build_root(built, hostname, _report)
        untold = untold_parts(read_evidence(built))
        if untold:
            print("The measurements do not tell the story, nothing was written:", file=sys.stderr)
            print(*(f"  {sentence}" for sentence in untold), sep="\n", file=sys.stderr)
            print("  Run it again while the machine does nothing else.", file=sys.stderr)
            return 1
        _move_into_place(built, out, Path(folder) / "replaced")
    print(f"wrote {out}", file=sys.stderr)
    return 0


def _move_into_place(built: Path, out: Path, replaced: Path) -> None:
    out.mkdir(exist_ok=True)
    replaced.mkdir()
    for name in _OWNED:
        if (out / name).exists():
            shutil.move(out / name, replaced / name)
        (built / name).rename(out / name)


def _report(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
