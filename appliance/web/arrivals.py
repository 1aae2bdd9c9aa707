"""Files on their way in: written to disk and hashed as they arrive, gone with a refused request."""

from __future__ import annotations

import hashlib
from io import RawIOBase
from pathlib import Path
from typing import IO, Any, cast

from flask import Request, current_app, g
from typing_extensions import override
from werkzeug.formparser import FormDataParser

from appliance.core.ids import new_ulid


class Arrival(RawIOBase):
    """A file being received. Only ever appended to, so the hash is right at the end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / new_ulid()
        self._file = self.path.open("wb")
        self._hash = hashlib.sha256()
        self.size = 0

    @override
    def write(self, chunk: Any) -> int:
        """Append."""
        self._hash.update(chunk)
        self.size += len(chunk)
        return self._file.write(chunk)

    @override
    def seek(self, offset: int, whence: int = 0) -> int:
        """Called once by the form parser when all is received: the file is complete."""
        self._file.flush()
        return 0

    @override
    def close(self) -> None:
        """Finish writing."""
        self._file.close()
        super().close()

    @property
    def sha256(self) -> str:
        """The digest of all that was written, in hex."""
        return self._hash.hexdigest()


class _Strict(FormDataParser):
    """Tells that a form is malformed (ValueError); werkzeug's own takes it for an empty one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.silent = False


class SpoolingRequest(Request):
    """A request whose multipart files go straight to disk, whatever their size."""

    # werkzeug keeps plain fields in memory; a base64 field may be as large as an inline file.
    max_form_memory_size = 70_000_000
    max_form_parts = 500
    form_data_parser_class = _Strict

    @override
    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return cast("IO[bytes]", new_arrival())


def new_arrival() -> Arrival:
    """A file in the box's arrivals folder that is removed with the request unless it is kept."""
    arrival = Arrival(current_app.extensions["box"].home.tmp / "arrivals")
    g.setdefault("arrivals", []).append(arrival)
    return arrival


def new_place() -> Path:
    """A path among the arrivals for a file that comes otherwise; removed as they are."""
    arrival = new_arrival()
    arrival.close()
    return arrival.path


def forget_arrivals(_error: BaseException | None = None) -> None:
    """At the end of the request: close all, remove what was not kept."""
    for arrival in g.pop("arrivals", []):
        arrival.close()
        arrival.path.unlink(missing_ok=True)
