"""Forms as a client sends them, every byte of them chosen."""

from __future__ import annotations

from pathlib import Path


def multipart(
    fields: dict[str, str], media: Path, *, boundary: str, backwards: bool = False
) -> tuple[bytes, str]:
    """A form of these fields ("@name": that file) and its type."""
    parts = []
    for name, value in sorted(fields.items(), reverse=backwards):
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        content = value.encode()
        if value.startswith("@"):
            head += f'; filename="{value[1:]}"\r\nContent-Type: application/octet-stream'
            content = (media / value[1:]).read_bytes()
        parts.append(head.encode() + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), boundary
