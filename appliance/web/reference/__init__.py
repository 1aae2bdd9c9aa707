"""The reference page: the contract in a browser, from files of this package alone.

Swagger UI is kept beside, unchanged, with its licence (`swagger-ui/VERSION.txt`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from flask import Response

from appliance.core.errors import NotFound
from appliance.core.params import Choice, Help
from appliance.web.published import unchanging

_FOLDER = Path(__file__).parent
_FILES = {
    "page.js": (_FOLDER / "page.js", "text/javascript"),
    "page.css": (_FOLDER / "page.css", "text/css"),
    "swagger-ui.js": (_FOLDER / "swagger-ui" / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (_FOLDER / "swagger-ui" / "swagger-ui.css", "text/css"),
    "favicon.png": (_FOLDER / "swagger-ui" / "favicon-32x32.png", "image/png"),
}
NAMES = tuple(_FILES)
MEDIA = tuple(sorted({media_type for _file, media_type in _FILES.values()}))
# Scripts and requests stay on this box. Swagger UI writes styles into its elements and shows
# pictures that it carries as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self' blob:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Asset:
    """A file of the page."""

    name: Annotated[str, Help("Its name"), Choice(NAMES)]


def page() -> Response:
    """The page itself."""
    return _sent(_FOLDER / "page.html", "text/html")


def asset(name: str) -> Response:
    """A file the page needs. Raises NotFound."""
    if name not in _FILES:
        raise NotFound(f"The reference page has no {name[:60]!r}.")
    return _sent(*_FILES[name])


def _sent(file: Path, media_type: str) -> Response:
    response = unchanging(file.read_bytes(), media_type)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
