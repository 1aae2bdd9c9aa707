"""A model hub's HTTP API: which commit a revision is, and which files it holds.

Sizes and SHA-256 digests of large files come with the listing, the git ids of small ones too; both
are checked after the download.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

from appliance.adapters.manifest_names import is_inside
from appliance.adapters.weights.faults import Gated, InstallFailed
from appliance.adapters.weights.fetching import Wanted
from appliance.adapters.weights.reach import BROKEN, Reach, as_fault
from appliance.core.model import HubSource

_LARGEST_LISTING = 20_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Listing:
    """A repository at one commit: the files a model takes from it."""

    commit: str
    files: tuple[Wanted, ...]


def listing(source: HubSource, reach: Reach) -> Listing:
    """What the hub has for a source. Raises Gated, Unreachable, InstallFailed."""
    base = f"{reach.hub.rstrip('/')}/api/models/{source.repo}"
    info, _next = _asked(source, reach, f"{base}/revision/{quote(source.revision, safe='')}")
    commit = info.get("sha") if isinstance(info, dict) else None
    if not isinstance(commit, str) or not _GIT.fullmatch(commit):
        raise _strange(reach, source)
    entries = [*_tree(source, reach, f"{base}/tree/{commit}?recursive=true")]
    wanted = [_wanted(each, source, commit, reach) for each in entries if _is_asked(each, source)]
    if not wanted:
        raise InstallFailed(
            f"{source.repo} has none of the files {', '.join(source.patterns) or 'expected'}:"
            " its authors have moved them, and the manifest must follow."
        )
    return Listing(commit, tuple(wanted))


def _tree(source: HubSource, reach: Reach, url: str) -> Iterator[dict[str, Any]]:
    """Every entry; a long list comes in pages."""
    page: str | None = url
    while page:
        entries, page = _asked(source, reach, page)
        if not isinstance(entries, list):
            raise _strange(reach, source)
        yield from (each for each in entries if isinstance(each, dict))


def _asked(source: HubSource, reach: Reach, url: str) -> tuple[Any, str | None]:
    """The JSON at a URL, and the next page's URL."""
    try:
        with reach.open(url) as answer:
            after = re.search(r'<([^>]+)>;\s*rel="next"', answer.headers.get("Link", ""))
            return json.loads(answer.read(_LARGEST_LISTING)), after[1] if after else None
    except HTTPError as error:
        with error:
            raise refused(error, source.repo, reach) from None
    except BROKEN as error:
        raise as_fault(error, url) from error
    except ValueError:
        raise _strange(reach, source) from None


def refused(error: HTTPError, repo: str, reach: Reach) -> InstallFailed:
    """A hub's refusal as a sentence. It answers 401 too for what does not exist."""
    page = f"{reach.hub.rstrip('/')}/{repo}"
    if error.code == 401 and not reach.token:
        return Gated(
            f"{repo} asks who you are: accept its licence at {page} with an account of yours, make"
            " a read token there, and set [models] token in data/config.toml."
        )
    if error.code in (401, 403):
        return Gated(
            f"{repo} refuses the token in [models] token: accept the licence at {page} with the"
            " account the token belongs to, or correct the token."
        )
    if error.code == 404:
        return InstallFailed(f"The hub has no {repo} at this revision: {page}.")
    return as_fault(error, page)


def _is_asked(entry: dict[str, Any], source: HubSource) -> bool:
    path = entry.get("path")
    if entry.get("type") != "file" or not isinstance(path, str) or not is_inside(path):
        return False
    return not source.patterns or any(fnmatchcase(path, each) for each in source.patterns)


def _wanted(entry: dict[str, Any], source: HubSource, commit: str, reach: Reach) -> Wanted:
    path, lfs = entry["path"], entry.get("lfs") or {}
    size, sha256, git = lfs.get("size", entry.get("size")), lfs.get("oid", ""), entry.get("oid", "")
    known = _SHA256.fullmatch(sha256) if lfs else _GIT.fullmatch(git)
    if not isinstance(size, int) or size < 0 or not known:
        raise _strange(reach, source)
    url = f"{reach.hub.rstrip('/')}/{source.repo}/resolve/{commit}/{quote(path)}"
    return Wanted(path, url, size, sha256, "" if lfs else git)


def _strange(reach: Reach, source: HubSource) -> InstallFailed:
    return InstallFailed(
        f"{reach.hub} does not answer as a model hub does for {source.repo}; check [models] hub."
    )
