"""A file of which little is read, however its header leads on. Pure Python."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from appliance.core.errors import BrokenMedia

_BYTES = 256_000_000  # an MP3 without a count is read once from end to end
_READS = 40_000


class Skim:
    """A file read here and there. Raises BrokenMedia once more was asked for than a header needs:
    256 MB in 40,000 reads.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self._bytes, self._reads = _BYTES, _READS

    def at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset`; fewer at the end of the file."""
        self._reads -= 1
        self._bytes -= size
        if self._reads < 0 or self._bytes < 0:
            raise BrokenMedia("The file's header leads in circles or is far too long.")
        self._file.seek(offset)
        return self._file.read(size)

    def number(self, offset: int, size: int, *, little: bool = False) -> int:
        """A whole number of `size` bytes; 0 behind the end of the file."""
        return int.from_bytes(self.at(offset, size), "little" if little else "big")

    def riff(self, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """(name, begin, end) of each RIFF chunk's content from `start`; a content may be said to
        end behind the file.
        """
        at = start
        while at + 8 <= min(end, self.size):
            head = self.at(at, 8)
            length = int.from_bytes(head[4:], "little")
            yield head[:4], at + 8, at + 8 + length
            at += 8 + length + length % 2


def cut_off(what: str) -> BrokenMedia:
    """The error for a file that ends before it should."""
    return BrokenMedia(f"The file is cut off: {what}. Send it again, whole.")
