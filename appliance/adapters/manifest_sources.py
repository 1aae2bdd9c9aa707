"""The sources a manifest names: hub, registry packages, URL, this machine."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from appliance.adapters.manifest_table import Table
from appliance.core.model import (
    HubSource,
    LocalSource,
    Package,
    PackageSource,
    Source,
    UrlSource,
)

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]*")
_REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_REVISION = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_HERE = ("127.0.0.1", "localhost", "::1")
_WHEEL = ("python", "platform", "note")


def sources_of(top: Table) -> tuple[Source, ...]:
    """Every source in order; a manifest of the first form has one `[source]`."""
    if "source" in top.values:
        old = _packaged(top.table("source"))
        return (old,) if old else ()
    return tuple(_source(each) for each in top.tables("sources"))


def sha256_of(table: Table, key: str = "sha256") -> str:
    """A digest. Raises WrongManifest."""
    text: str = table.get(key, str)
    if not _SHA256.fullmatch(text):
        raise table.wrong(key, "64 hexadecimal digits in lower case")
    return text


def _source(table: Table) -> Source:
    if "hub" in table.values:
        return _hub(table)
    if "url" in table.values:
        table.known({"url", "sha256", "bytes"})
        digest = sha256_of(table) if "sha256" in table.values else ""
        return UrlSource(_url(table), digest, table.get("bytes", int) if digest else 0)
    if "path" in table.values:
        table.known({"path"})
        return LocalSource(Path(table.get("path", str)).expanduser())
    return _packages(table)


def _hub(table: Table) -> HubSource:
    table.known({"hub", "revision", "patterns"})
    repo = table.get("hub", str)
    revision = table.get("revision", str, default="main")
    if not _REPO.fullmatch(repo):
        raise table.wrong("hub", "a repository such as owner/name")
    if not _REVISION.fullmatch(revision):
        raise table.wrong("revision", "a branch, a tag or a commit")
    return HubSource(repo, revision, table.texts("patterns"))


def _url(table: Table) -> str:
    url: str = table.get("url", str)
    parts = urlsplit(url)
    # Plain http only to this machine: it is for trying things out.
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _HERE):
        raise table.wrong("url", "an https:// address")
    return url


def _packages(table: Table) -> PackageSource:
    table.known({"packages", "download_bytes", *_WHEEL})
    packages = [_package(each) for each in table.tables("packages")]
    if not packages:
        raise table.wrong("packages", "given, or hub, url or path")
    return _wheel(table, tuple(packages))


def _package(table: Table) -> Package:
    table.known({"name", "version", "sha256"})
    digest = sha256_of(table) if "sha256" in table.values else ""
    return Package(_name(table, "name"), _version(table), digest)


def _packaged(table: Table) -> PackageSource | None:
    table.known({"package", "version", "download_bytes", *_WHEEL})
    if "package" not in table.values:
        return None
    if "version" not in table.values:
        raise table.wrong("version", "given together with package")
    return _wheel(table, (Package(_name(table, "package"), _version(table)),))


def _wheel(table: Table, packages: tuple[Package, ...]) -> PackageSource:
    texts = {key: table.get(key, str, default="") for key in _WHEEL}
    return PackageSource(
        packages, **texts, download_bytes=table.get("download_bytes", int, default=0)
    )


def _name(table: Table, key: str) -> str:
    name: str = table.get(key, str)
    # It becomes an argument of pip: one that began with a dash would be an option.
    if not _PACKAGE.fullmatch(name):
        raise table.wrong(key, "a package's name")
    return name


def _version(table: Table) -> str:
    version: str = table.get("version", str)
    if not _VERSION.fullmatch(version):
        raise table.wrong("version", "an exact version")
    return version
