"""What people write into a picture about it, as XMP and EXIF say it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from xml.sax.saxutils import escape

from appliance.media.provenance import xml_text

_DC = "http://purl.org/dc/elements/1.1/"
_DESCRIPTION, _ARTIST, _COPYRIGHT = 0x010E, 0x013B, 0x8298
_TITLE, _KEYWORDS = 0x9C9B, 0x9C9E  # Windows', in UTF-16


@dataclass(frozen=True)
class Labels:
    """Words about a picture. None: not told; empty: none."""

    title: str | None = None
    description: str | None = None
    author: str | None = None
    copyright: str | None = None
    keywords: tuple[str, ...] | None = None

    def over(self, others: Labels) -> Labels:
        """These, and where they do not tell `others`."""
        told = {name: value for name, value in vars(self).items() if value is not None}
        return dataclasses.replace(others, **told)

    def exif(self) -> dict[int, bytes]:
        """EXIF tags in UTF-8 (Windows' own in UTF-16); empty ones are to be taken out."""
        return {
            _DESCRIPTION: (self.description or "").encode(),
            _ARTIST: (self.author or "").encode(),
            _COPYRIGHT: (self.copyright or "").encode(),
            _TITLE: _wide(self.title or ""),
            _KEYWORDS: _wide(";".join(self.keywords or ())),
        }

    def xmp(self) -> str:
        """An XMP packet of Dublin Core terms; "" where there is nothing to say."""
        told = (
            _one("title", self.title)
            + _one("description", self.description)
            + _many("creator", "Seq", (self.author,) if self.author else ())
            + _one("rights", self.copyright)
            + _many("subject", "Bag", self.keywords or ())
        )
        if not told:
            return ""
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<rdf:Description rdf:about="" xmlns:dc="{_DC}">{told}</rdf:Description>'
            '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
        )


def _wide(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le") if text else b""


def _one(term: str, text: str | None) -> str:
    if not text:
        return ""
    item = f'<rdf:li xml:lang="x-default">{escape(xml_text(text))}</rdf:li>'
    return f"<dc:{term}><rdf:Alt>{item}</rdf:Alt></dc:{term}>"


def _many(term: str, kind: str, texts: tuple[str, ...]) -> str:
    items = "".join(f"<rdf:li>{escape(xml_text(text))}</rdf:li>" for text in texts)
    return f"<dc:{term}><rdf:{kind}>{items}</rdf:{kind}></dc:{term}>" if items else ""
