"""A file is replaced whole, or the one before stays and nothing else is left beside it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from infrastructure.durable_files import replace_file


def test_a_full_disk_leaves_the_file_before_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keys"
    replace_file(file, b"before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            replace_file(file, b"after")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("keys", b"before")]
