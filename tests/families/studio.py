"""The box that goldens are asked of: a real appliance with real small models, and its clients."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.families.matching import Golden, golden
from tests.support.running import Answer, Appliance, Client


@dataclass
class Studio:
    appliance: Appliance
    client: Client
    media: Path
    broke: str
    admin: str

    def clear_keys(self) -> None:
        """Revoke the keys that goldens made: an account has five at most."""
        for key in self.client.get("/api/v1/keys").json["data"]:
            if key["name"] == "golden" and key["status"] == "active":
                self.client.send("DELETE", f"/api/v1/keys/{key['id']}")

    def ask(self, asked: Golden) -> Answer:
        names = self.after(asked.raw["after"]) if "after" in asked.raw else {}
        text = json.dumps(asked.request)
        for name, value in names.items():
            text = text.replace("{" + name + "}", str(value))
        request = json.loads(text)
        client = Client(self.client.base, self._key(asked))
        return _send(client, request, request["path"], self.media)

    def _key(self, asked: Golden) -> str:
        if asked.raw.get("keyless"):
            return ""
        key: str = asked.raw.get("key", self.client.key)
        return {"broke": self.broke, "admin": self.admin}.get(key, key)

    def after(self, name: str) -> dict[str, Any]:
        """What an earlier golden made, once it has ended: the job by its names, or the upload."""
        reply = self.ask(golden(name)).json
        data = reply.get("data", reply)
        if "account" in data:
            return {"account": data["account"]}
        if "upload_id" in data:
            return {"upload": data["upload_id"]}
        if "key" in data or str(data.get("id")).startswith(("app_", "acc_")):
            return {"id": data["id"]}
        if "webhook" in data:
            return {"webhook": data["webhook"], "delivery": data["id"]}
        if str(data.get("id")).startswith("lnk_"):
            return {"link": data["id"]}
        if str(data.get("id")).startswith("wh_"):
            return {"webhook": data["id"]}
        job = self.client.ended(data.get("jobId") or data["id"])
        shown = self.client.get(f"/api/jobs?id={job['id']}").json["data"]
        own = self.client.get("/api/v1/account").json["data"]["id"]
        return {
            "job": job["id"],
            "number": job["number"],
            "uuid": shown["jobId"],
            "account": own,
        }


def _send(client: Client, request: dict[str, Any], path: str, media: Path) -> Answer:
    headers = dict(request.get("headers", {}))
    if "multipart" in request:
        return _send_multipart(
            client, request["method"], path, request["multipart"], (media, headers)
        )
    body = request.get("json")
    if isinstance(body, dict):
        body = {name: _embedded(value, media) for name, value in body.items()}
    return client.send(request["method"], path, body, headers=headers)


def _embedded(value: Any, media: Path) -> Any:
    if isinstance(value, str) and value.startswith("@@"):
        return base64.b64encode((media / value[2:]).read_bytes()).decode()
    return value


def _send_multipart(
    client: Client,
    method: str,
    path: str,
    fields: dict[str, str | list[str]],
    rest: tuple[Path, dict[str, str]],
) -> Answer:
    import urllib.request
    from urllib.error import HTTPError

    media, headers = rest
    boundary = uuid.uuid4().hex
    parts = b"".join(
        _part(boundary, name, each, media)
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    )
    body = parts + f"--{boundary}--\r\n".encode()
    headers = {**headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    if client.key:
        headers["x-api-key"] = client.key
    request = urllib.request.Request(client.base + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return Answer(reply.status, dict(reply.headers), reply.read())
    except HTTPError as refused:
        with refused:
            return Answer(refused.code, dict(refused.headers), refused.read())


def _part(boundary: str, name: str, value: str, media: Path) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if value.startswith("@"):
        file = media / value[1:]
        head += f'; filename="{file.name}"\r\nContent-Type: application/octet-stream'
        return head.encode() + b"\r\n\r\n" + file.read_bytes() + b"\r\n"
    return head.encode() + b"\r\n\r\n" + str(value).encode() + b"\r\n"


def pretty(answer: Answer) -> str:
    try:
        return json.dumps(answer.json, indent=1, ensure_ascii=False)[:3000]
    except ValueError:
        return repr(answer.body[:500])
