"""Streams read frame by frame from a small app."""

from __future__ import annotations

from contextlib import closing

STREAM = {"Accept": "text/event-stream"}
PATH = "/api/v1/events"


def job_path(job) -> str:
    return f"/api/v1/jobs/{job.id}/events"


def as_(persona, **headers) -> dict[str, str]:
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return {"Authorization": f"Bearer {persona.secret}"} | named


def frames(text: str) -> list[dict[str, str]]:
    """The fields of each block; comments fall away."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in text.split("\n\n")
    ]
    return [block for block in blocks if block]


class Stream:
    """A stream read frame by frame, as it is told."""

    def __init__(self, client, path, headers) -> None:
        self.reply = client.get(path, headers=headers, buffered=False)
        self._chunks = iter(self.reply.response)

    def next(self, count=1) -> list[dict[str, str]]:
        """So many events more."""
        found: list[dict[str, str]] = []
        while len(found) < count:
            chunk = next(self._chunks)
            text = chunk.decode() if isinstance(chunk, bytes) else chunk
            found += [each for each in frames(text) if "event" in each]
        return found

    def names(self, count=1) -> list[str]:
        return [each["event"] for each in self.next(count)]

    def rest(self) -> str:
        return "".join(chunk.decode() for chunk in self._chunks)

    def close(self) -> None:
        self.reply.close()


def watching(client, path, headers):
    return closing(Stream(client, path, headers))
