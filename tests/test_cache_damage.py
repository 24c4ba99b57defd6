"""The cache survives damage, other places, full disks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cached_roots import cache_of, strays
from driftline import refresh as refreshing
from driftline.cache import Manifest
from roots import Root, opened, python, snapshot

pytestmark = pytest.mark.usefixtures("keeps")

MANIFESTS = [b"", b"\xff\x00garbage", b"[]", b"null", b"{}", b'{"files": 3}', None]


@pytest.mark.parametrize("content", MANIFESTS, ids=repr)
def test_a_damaged_manifest_is_made_anew(filled: Root, content: bytes | None) -> None:
    before = opened(filled)
    path = cache_of(filled) / "manifest.json"
    path.write_bytes(path.read_bytes()[:-40] if content is None else content)
    assert opened(filled) == before
    assert strays(filled) == set()


def test_a_digit_that_flips_in_the_manifest_is_noticed(filled: Root) -> None:
    before = opened(filled)
    path = cache_of(filled) / "manifest.json"
    text = path.read_text()
    path.write_text(re.sub(r'"dead": {"predictions": \[\d+', lambda found: f"{found[0]}, 1, 2, 3", text))
    assert path.read_text() != text
    assert opened(filled) == before


def test_a_cache_deleted_between_refresh_and_load_is_made_anew(
    filled: Root, discards: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = opened(filled), refreshing.refreshed
    calls: list[int] = []

    @contextmanager
    def refreshed_then_lost(*arguments: Any) -> Iterator[Manifest]:
        _root, _cache, connect, *_ = arguments
        with real(*arguments) as manifest:
            pass
        # The connection takes its copy of the kept model out of the folder: it is not to be lost under its hands.
        connect()
        if not calls:
            shutil.rmtree(filled.folder / ".driftline")
        calls.append(1)
        yield manifest

    monkeypatch.setattr("driftline.store.refreshed", refreshed_then_lost)
    assert opened(filled) == before
    assert (len(calls), len(discards)) == (2, 1)


def test_a_cache_deleted_under_an_open_store_is_made_anew(filled: Root) -> None:
    with filled.open() as store:
        before = snapshot(store)
        shutil.rmtree(filled.folder / ".driftline")
        store.refresh()
        assert snapshot(store) == before


def test_a_file_in_place_of_the_cache_leads_to_the_users(filled: Root) -> None:
    before = opened(filled)
    shutil.rmtree(filled.folder / ".driftline")
    filled.file(".driftline", "in the way")
    with filled.open() as store:
        assert store.cache.place.is_relative_to(os.environ["XDG_CACHE_HOME"])
        assert snapshot(store) == before


def test_a_cache_that_fails_when_written_leads_to_the_users(filled: Root, discards: list[Path]) -> None:
    before = opened(filled)
    manifest = cache_of(filled) / "manifest.json"
    manifest.unlink()
    manifest.mkdir()
    with filled.open() as store:
        assert store.cache.place.is_relative_to(os.environ["XDG_CACHE_HOME"])
        assert snapshot(store) == before
    assert cache_of(filled).parent in discards


def test_without_any_place_the_cache_is_temporary_and_goes(filled: Root, tmp_path: Path) -> None:
    before = len(opened(filled)["episodes"])
    shutil.rmtree(filled.folder / ".driftline")
    filled.file(".driftline", "in the way")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "home").write_text("no directory")
    asked = python(
        "import os, sys; from driftline.store import open_store; store = open_store(sys.argv[1]);"
        "episodes = store.connection.sql('select count(*) from episodes').fetchall();"
        "print(store.cache.place.parent, episodes, os.listdir(os.environ['TMPDIR']) != [])",
        str(filled.folder),
        HOME=str(tmp_path / "home"),
        XDG_CACHE_HOME=str(tmp_path / "home"),
        TMPDIR=str(temporary),
    )
    assert asked.stdout == f"{temporary} [({before},)] True\n", asked.stderr
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("limit", [0, 300])
def test_a_disk_without_room_is_told_in_words(filled: Root, limit: int) -> None:
    """No file may grow beyond the limit, wherever it lies."""
    asked = python(
        "import resource, sys\n"
        "from driftline.store import open_store\n"
        "from driftline.errors import UserError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))\n"
        "try:\n    open_store(sys.argv[1])\n"
        "except UserError as error:\n    print('told', bool(error.remedy))\n",
        str(filled.folder),
        str(limit),
    )
    assert asked.stdout == "told True\n", asked.stderr
