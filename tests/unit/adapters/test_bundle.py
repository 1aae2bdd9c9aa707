"""One tar for a machine without a network: written whole or not at all, every fault found."""

from __future__ import annotations

import errno
import hashlib
import subprocess
import tarfile
from pathlib import Path

import pytest

from appliance.adapters import bundle as bundles
from appliance.adapters.bundle import Member, faults, opened, write_bundle
from appliance.core.errors import InvalidInput, ProcessingFailed, StorageFull
from appliance.core.progress import Progress, Step, silent_progress

FILES = {
    "bundle.toml": b'version = "1"\n',
    "wheels/cup-1.0-py3-none-any.whl": b"a wheel" * 1000,
    "models/one/weights.bin": bytes(range(256)) * 8192,
    "studio-appliance/install.sh": b"#!/bin/sh\n",
}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle of FILES, the script executable."""
    members = [Member(name, put(tmp_path / "from" / name, data)) for name, data in FILES.items()]
    members[-1].file.chmod(0o700)
    write_bundle(tmp_path / "a.bundle", members, silent_progress())
    return tmp_path / "a.bundle"


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(bundle: Path) -> list[str]:
    with opened(bundle) as held:
        return faults(held, silent_progress())


def test_a_bundle_holds_every_file_with_its_digest_first(bundle: Path, tmp_path: Path) -> None:
    with tarfile.open(bundle) as tar:
        names = tar.getnames()
        tar.extractall(tmp_path / "out", filter="data")

    assert names == ["SHA256SUMS", *FILES]
    assert all((tmp_path / "out" / name).read_bytes() == data for name, data in FILES.items())
    modes = [(tmp_path / "out" / name).stat().st_mode & 0o777 for name in FILES]
    assert modes == [0o644, 0o644, 0o644, 0o755]


def test_a_machine_without_python_can_check_what_it_unpacked(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", bundle], cwd=tmp_path / "out", check=True)

    subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path / "out", check=True)


def test_a_whole_bundle_has_no_faults_and_tells_what_it_is(bundle: Path) -> None:
    assert found(bundle) == []
    with opened(bundle) as held:
        assert held.facts() == {"version": "1"}


def test_progress_goes_up_to_the_end(tmp_path: Path) -> None:
    told: list[Step] = []
    file = put(tmp_path / "weights", b"0" * 5_000_000)

    write_bundle(tmp_path / "a", [Member("w", file)], Progress(told.append, lambda: None))

    assert [step.step for step in told] == sorted(step.step for step in told)
    assert (told[-1].fraction, told[-1].step, told[-1].steps) == (1.0, 5_000_000, 5_000_000)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_found_and_its_file_named(bundle: Path, name: str) -> None:
    raw = bytearray(bundle.read_bytes())
    with tarfile.open(bundle) as tar:
        raw[tar.getmember(name).offset_data] ^= 1
    bundle.write_bytes(raw)

    assert found(bundle) == [f"{name} is damaged."]


def test_a_flipped_byte_in_a_header_is_found_by_what_is_then_missing(bundle: Path) -> None:
    raw = bytearray(bundle.read_bytes())
    with tarfile.open(bundle) as tar:
        raw[tar.getmember("models/one/weights.bin").offset] ^= 1
    bundle.write_bytes(raw)

    assert "models/one/weights.bin is missing." in found(bundle)


def test_a_truncated_bundle_is_found_and_what_it_lacks_named(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:1_000_000])

    broken, *missing = found(bundle)

    assert broken.startswith("The file breaks off")
    assert missing == ["studio-appliance/install.sh is missing."]


def test_a_member_that_was_put_in_later_is_named(bundle: Path, tmp_path: Path) -> None:
    with tarfile.open(bundle, "a") as tar:
        tar.add(put(tmp_path / "extra", b"x"), "wheels/extra.whl")

    assert found(bundle) == ["wheels/extra.whl does not belong there."]


@pytest.mark.parametrize("data", [b"", b"no tar at all" * 100])
def test_what_is_no_bundle_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="is no bundle"):
        found(put(tmp_path / "a", data))


def test_a_damaged_list_of_digests_is_refused(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes().replace(b"bundle.toml\n", b"\xff\xff", 1))

    with pytest.raises(InvalidInput, match="damaged at its beginning"):
        found(bundle)


def copied(bundle: Path, into: Path) -> None:
    with opened(bundle) as held:
        for each in held.members(silent_progress()):
            each.copy(into / each.name)


def test_members_are_copied_out(bundle: Path, tmp_path: Path) -> None:
    copied(bundle, tmp_path / "out")

    assert all((tmp_path / "out" / name).read_bytes() == data for name, data in FILES.items())


def test_a_damaged_member_is_refused_and_not_left_behind(bundle: Path, tmp_path: Path) -> None:
    bundle.write_bytes(bundle.read_bytes().replace(b"#!/bin/sh", b"#!/bin/xx"))

    with pytest.raises(ProcessingFailed, match=r"install\.sh is damaged"):
        copied(bundle, tmp_path / "out")

    assert not (tmp_path / "out" / "studio-appliance" / "install.sh").exists()


def test_a_file_that_is_not_what_it_must_be_makes_no_bundle(tmp_path: Path) -> None:
    damaged = Member("w", put(tmp_path / "w", b"damaged"), hashlib.sha256(b"right").hexdigest())
    put(tmp_path / "a.bundle", b"an earlier one")

    with pytest.raises(ProcessingFailed, match="appliance models verify"):
        write_bundle(tmp_path / "a.bundle", [damaged], silent_progress())

    assert (tmp_path / "a.bundle").read_bytes() == b"an earlier one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bundle", "w"]


def test_a_disk_that_is_too_small_is_told_before_writing(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as sparse:
        sparse.truncate(1 << 43)

    with pytest.raises(StorageFull, match="MB free"):
        write_bundle(tmp_path / "a", [Member("h", huge)], silent_progress())


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, StorageFull, "is full"),
        (errno.EFBIG, StorageFull, "FAT32"),
        (errno.EROFS, ProcessingFailed, "Read-only file system"),
    ],
)
def test_what_a_disk_refuses_is_a_sentence(number: int, kind: type[Exception], words: str) -> None:
    fault = bundles._as_fault(OSError(number, "Read-only file system"), Path("/media/stick/a"))

    assert isinstance(fault, kind)
    assert words in str(fault)
