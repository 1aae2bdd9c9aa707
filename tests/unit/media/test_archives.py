from __future__ import annotations

import hashlib
import io
import struct
import zipfile

import pytest

from appliance.core.errors import BrokenMedia, TooLarge, UnsupportedMedia
from appliance.media.archives import Room, is_archive, opened_archive
from tests.support.archives import encrypted, overlapping, with_link, zipped

ROOM = Room(files=10, file_bytes=1_000, total_bytes=5_000)


@pytest.fixture
def members(tmp_path):
    """The members of an archive of these bytes."""

    def told(content, room=ROOM):
        path = tmp_path / "sent.zip"
        path.write_bytes(content)
        with opened_archive(path, room) as archive:
            return archive.members

    return told


def test_files_are_told_in_order_without_folders_and_left_overs(members):
    names = ["b/two.jpg", "a.jpg", "__MACOSX/a.jpg", "b/._two.jpg", ".DS_Store", "b/Thumbs.db"]
    content = zipped({"b/": b"", **dict.fromkeys(names, b"x")})

    assert [(each.name, each.refusal) for each in members(content)] == [
        *(("b/two.jpg", None), ("a.jpg", None))
    ]


def test_a_member_is_unpacked_under_a_name_of_ours_with_its_digest(tmp_path):
    path, target = tmp_path / "sent.zip", tmp_path / "ours"
    path.write_bytes(zipped({"a.jpg": b"picture"}))

    with opened_archive(path, ROOM) as archive:
        digest = archive.unpack(archive.members[0], target)

    assert target.read_bytes() == b"picture"
    assert digest == hashlib.sha256(b"picture").hexdigest()


@pytest.mark.parametrize(
    "name", ["/etc/a.jpg", "../a.jpg", "a/../../b.jpg", "C:\\a.jpg", "..\\a.jpg"]
)
def test_a_name_that_leads_out_is_refused(members, name):
    (member,) = members(zipped({name: b"x"}))

    assert isinstance(member.refusal, UnsupportedMedia)
    assert "leads out" in member.refusal.message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (with_link("a.jpg", "/etc/passwd"), "a link"),
        (encrypted(zipped({"a.jpg": b"x"})), "encrypted"),
        (zipped({"a.jpg": b"x" * 100}, zipfile.ZIP_LZMA), "stored or deflated"),
        (zipped({"a.jpg": b"\0" * 1_001}), "1001 bytes"),
    ],
)
def test_what_cannot_be_unpacked_says_why(members, tmp_path, content, says):
    (member,) = members(content)

    assert says in member.refusal.message
    with (
        opened_archive(tmp_path / "sent.zip", ROOM) as archive,
        pytest.raises(type(member.refusal)),
    ):
        archive.unpack(archive.members[0], tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_damage_in_one_member_leaves_the_others(tmp_path):
    content = bytearray(zipped({"a.jpg": b"a" * 50, "b.jpg": b"b" * 50}, zipfile.ZIP_STORED))
    content[content.find(b"a" * 50)] ^= 0xFF
    path = tmp_path / "sent.zip"
    path.write_bytes(content)

    with opened_archive(path, ROOM) as archive:
        with pytest.raises(BrokenMedia):
            archive.unpack(archive.members[0], tmp_path / "a")
        archive.unpack(archive.members[1], tmp_path / "b")

    assert sorted(each.name for each in tmp_path.iterdir()) == ["b", "sent.zip"]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"Rar!\x1a\x07\x00", b"\x1f\x8b\x08\0"])
def test_what_is_no_archive_is_refused(members, content):
    with pytest.raises(UnsupportedMedia):
        members(content)


@pytest.mark.parametrize("keep", [10, -10])
def test_a_torn_archive_is_refused(members, keep):
    with pytest.raises(BrokenMedia):
        members(zipped({"a.jpg": b"x" * 100})[:keep])


def test_more_files_than_there_is_room_for_are_refused(members):
    with pytest.raises(TooLarge) as told:
        members(zipped({f"{number}.jpg": b"x" for number in range(11)}))

    assert told.value.details == {"files": 11, "limit_files": 10}


def test_a_bomb_is_refused_by_what_it_says_of_itself(members):
    bomb = zipped({f"{number}.bmp": b"\0" * 999 for number in range(6)})

    with pytest.raises(TooLarge) as told:
        members(bomb)

    assert told.value.details == {"bytes": 5_994, "limit_bytes": 5_000}


def test_files_that_lie_over_one_another_are_refused(members):
    with pytest.raises(BrokenMedia, match="over one another"):
        members(overlapping(), Room(files=100, file_bytes=10**9, total_bytes=10**12))


def test_a_list_whose_length_must_be_believed_is_refused_unread(members):
    content = bytearray(zipped({"a.jpg": b"x"}))
    struct.pack_into("<I", content, len(content) - 10, 5_000_000)

    with pytest.raises(TooLarge):
        members(bytes(content))


def test_a_large_archives_own_form_is_refused(members):
    content = zipped({"a.jpg": b"x"})
    locator = b"PK\x06\x07" + b"\0" * 16

    with pytest.raises(TooLarge):
        members(content[:-22] + locator + content[-22:])


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path):
    content = bytearray(zipped({"a.bmp": b"\0" * 900_000}))
    directory = content.find(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, 500)
    path = tmp_path / "sent.zip"
    path.write_bytes(content)

    with opened_archive(path, ROOM) as archive, pytest.raises(BrokenMedia):
        archive.unpack(archive.members[0], tmp_path / "target")

    assert not (tmp_path / "target").exists()


def test_odd_characters_of_a_name_are_not_shown(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("cup\n\x1b[31m.jpg", b"x")

    assert members(buffer.getvalue())[0].name == "cup��[31m.jpg"


def test_an_archive_is_known_by_its_beginning(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(zipped({}))
    assert is_archive(path)
    path.write_bytes(b"P")
    assert not is_archive(path)
