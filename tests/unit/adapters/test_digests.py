from __future__ import annotations

import hashlib

import pytest

from appliance.adapters.digests import git_blob, sha256_of


def test_a_files_digest_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")

    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"12345").hexdigest()
    with pytest.raises(OSError, match="nothing"):
        sha256_of(tmp_path / "nothing")


def test_a_git_id_is_the_one_git_gives():
    blob = git_blob(6)
    blob.update(b"hello\n")

    assert blob.hexdigest() == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object
