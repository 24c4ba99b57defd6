"""The table in `profiles/README.md`: kept by promotions and archivings, and all else stays byte for byte."""

from __future__ import annotations

import pytest

from driftline.lifecycle.profile_index import BEGIN, END, with_index
from driftline.lifecycle.promotion import Promotion, promote
from profile_roots import frozen, profiles
from roots import Root


def asked(source: str = "v1-wip", promoted_id: str = "v1", reason: str = "first") -> Promotion:
    return Promotion(source, promoted_id, reason)


def index(root: Root) -> list[list[str]]:
    """The cells of the index below its head."""
    told = profiles(root)["README.md"].decode().split(BEGIN)[1].split(END)[0]
    lines = told.strip().splitlines()[2:]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]


def test_the_index_lists_references_and_stays_text(root: Root) -> None:
    frozen(root, "v2-wip", day=2, dataset_id=f"{END}\n|[x](http://y)")
    frozen(root, "v1-wip")
    promote(root.folder, asked("v2-wip", "v2", "it | is\nfast"))
    promote(root.folder, asked())
    root.file("profiles/references/broken.yaml", "release: [")
    promote(root.folder, asked(promoted_id="v1.1"))

    rows = index(root)
    assert [row[:2] for row in rows] == [
        ["broken", "cannot be read"],
        ["v1", "v1-wip"],
        ["v1.1", "v1-wip"],
        ["v2", "v2-wip"],
    ]
    assert rows[3][3].startswith("&lt;\\!-- /driftline:profiles --&gt;\\\\n\\|\\[x\\]\\(http:\u200b//y")
    assert rows[3][6].startswith("it \\| is\\\\nfast")
    assert rows[1][4] == "laptop"


@pytest.mark.parametrize(
    ("before", "head", "tail"),
    [
        (None, "# Profiles\n\n", ""),
        ("", "## Promoted and archived profiles\n\n", ""),
        ("# Mine", "# Mine\n\n## Promoted and archived profiles\n\n", ""),
        ("# Mine\r\n", "# Mine\r\n\r\n## Promoted and archived profiles\r\n\r\n", ""),
        (f"# Mine \udcff\n{BEGIN}\nold\n{END} \n\nrest\t\n`{BEGIN}`", "# Mine \udcff\n", f" \n\nrest\t\n`{BEGIN}`"),
        (f"a\n{BEGIN} is a marker\n{BEGIN}\n{END}\nb", f"a\n{BEGIN} is a marker\n", "\nb"),
        (f"a\r\n{BEGIN}\r\n{END}\r\nb", "a\r\n", "\r\nb"),
    ],
)
def test_all_else_in_the_readme_stays(before: str | None, head: str, tail: str) -> None:
    after = with_index(before, [("v1",) * 8])
    assert after is not None
    end = "\r\n" if before and "\r\n" in before else "\n"
    assert after.startswith(f"{head}{BEGIN}{end}| id | release |")
    assert after.endswith(f"| v1 |{end}{END}{tail}" if tail else f"| v1 |{end}{END}{end}")
    assert "old" not in after
    assert with_index(after, [("v1",) * 8]) == after
    assert after.count(end) == after.count("\n")


@pytest.mark.parametrize("marks", [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}\n{END}\n{BEGIN}\n{END}"])
def test_a_readme_whose_markers_mean_nothing_is_left(root: Root, marks: str) -> None:
    frozen(root, "v1-wip").file("profiles/README.md", f"a\n{marks}\n")
    told = promote(root.folder, asked())
    assert "no single pair of" in told[-1]
    assert profiles(root)["README.md"] == f"a\n{marks}\n".encode()
    assert "references/v1.yaml" in profiles(root)


def test_a_readme_that_is_no_utf8_keeps_its_bytes(root: Root) -> None:
    frozen(root, "v1-wip").file("profiles/README.md", f"caf\xe9\r\n{BEGIN}\r\n{END}\r\n\xff".encode("latin-1"))
    promote(root.folder, asked())
    written = profiles(root)["README.md"]
    assert (written[:6], written[-3:]) == (b"caf\xe9\r\n", b"\r\n\xff")
    assert b"| v1 |" in written


def test_a_readme_that_cannot_be_written_is_told(root: Root) -> None:
    frozen(root, "v1-wip")
    (root.folder / "profiles/README.md").mkdir()
    told = promote(root.folder, asked())
    assert told[-1].startswith("warning: the index in ")
    assert "references/v1.yaml" in profiles(root)
