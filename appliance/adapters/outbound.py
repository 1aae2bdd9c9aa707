"""The one way out: every request the box makes to an address somebody else chose.

A name is resolved once and what it resolved to is what is connected to, so an answer that changes
in between changes nothing. Private, link-local, metadata and loopback addresses are refused, and
the box's own; redirects are judged like any other address. The admin may let a studio's own network
in, never loopback or a metadata service.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from requests import RequestException, Response
from ssrfguard import Policy
from ssrfguard.errors import SSRFGuardError
from ssrfguard.requests import Session

from appliance.adapters.addresses import Network, own_addresses, without
from appliance.adapters.bounded_session import BoundedSession, Overdue
from appliance.core.errors import InvalidInput, ProcessingFailed, TooLarge

_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "::/127",
        "fe80::/10",
        "ff00::/8",
    )
)
_USUAL_PORTS = frozenset({80, 443})
_HIGH_PORTS = range(1024, 65536)  # receivers on a studio's network listen anywhere
_CONNECT_S = 5.0
_MOST_REDIRECTS = 5
_CHUNK = 1 << 16
_HEAD = 2048


class Unreachable(ProcessingFailed):
    """The other side did not answer, or not as it should; trying again may help."""


@dataclass(frozen=True)
class Answer:
    """What came back from a POST. `head`: at most the first 2 KB of the body. `retry_after`: the
    header as it came, "" without one.
    """

    status: int
    ms: int
    head: str
    retry_after: str


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched into `path`. `name`: the last part of its address."""

    path: Path
    name: str
    bytes: int
    sha256: str


class Outside:
    """Asks addresses outside the box, as far as its admin lets it.

    `lan`: networks (CIDR) let in though they are private. `plain_hosts`: hosts that may be asked
    without TLS. `own_port`: never asked anywhere: it is the box's own API.
    """

    def __init__(self, lan: Iterable[str], plain_hosts: Iterable[str], own_port: int) -> None:
        self._lan = tuple(map(lan_network, lan))
        self._plain = frozenset(host.lower() for host in plain_hosts)
        self._own_port = own_port

    def check(self, url: str, *, field: str = "url") -> None:
        """Refuse an address that may not be asked however its name resolves.

        Raises InvalidInput naming `field`.
        """
        try:
            target = self._policy.check_url(url)
        except (SSRFGuardError, ValueError) as error:
            raise _refused(url, field) from error
        if target.port == self._own_port:
            raise InvalidInput(f"Port {target.port} is the appliance's own.", field=field)
        if target.scheme == "http" and target.host.lower() not in self._plain:
            raise InvalidInput(
                f"{_host(url)} must be asked over https; its admin can allow http for it:"
                " [outbound] plain_hosts.",
                field=field,
            )

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float
    ) -> Answer:
        """Send `body`; no redirect is followed. Raises InvalidInput for an address that may not be
        asked, Unreachable.
        """
        began = time.monotonic()
        with (
            self._asking(url, "url", timeout_s) as session,
            session.post(
                url,
                data=body,
                headers=dict(headers),
                timeout=(_CONNECT_S, timeout_s),
                allow_redirects=False,
                stream=True,
            ) as reply,
        ):
            head = b"".join(_parts(reply, _HEAD))[:_HEAD]
            return Answer(
                status=reply.status_code,
                ms=round((time.monotonic() - began) * 1000),
                head=head.decode("utf-8", "replace"),
                retry_after=reply.headers.get("Retry-After", ""),
            )

    def fetch(
        self, url: str, into: Path, *, field: str, most_bytes: int, timeout_s: float
    ) -> Fetched:
        """Fetch a file into `into`, which is gone again if anything goes wrong.

        Raises InvalidInput for an address that may not be asked, TooLarge, Unreachable; each names
        `field`.
        """
        try:
            with (
                self._asking(url, field, timeout_s) as session,
                self._followed(session, url, timeout_s) as reply,
            ):
                if reply.status_code != 200:
                    raise Unreachable(f"{_host(url)} answered {reply.status_code}.", field=field)
                return _saved(reply, into, most_bytes)
        except BaseException:
            into.unlink(missing_ok=True)
            raise

    @cached_property
    def _policy(self) -> Policy:
        # An explicit allow beats every denial of the policy: the box's own addresses must not be
        # in it.
        allowed = [part for network in self._lan for part in without(network, own_addresses())]
        return Policy(
            allowed_networks=tuple(allowed),
            allowed_ports=_USUAL_PORTS | frozenset(_HIGH_PORTS),
        )

    @contextmanager
    def _followed(self, session: Session, url: str, timeout_s: float) -> Iterator[Response]:
        """The reply after all redirects, each judged as any other address."""
        for _hop in range(_MOST_REDIRECTS + 1):
            self.check(url)
            reply = session.get(
                url, timeout=(_CONNECT_S, timeout_s), allow_redirects=False, stream=True
            )
            with reply:
                if not reply.is_redirect:
                    yield reply
                    return
                url = urljoin(url, reply.headers["Location"])
        raise InvalidInput(f"{_host(url)} redirects too often.")

    @contextmanager
    def _asking(self, url: str, field: str, timeout_s: float) -> Iterator[Session]:
        try:
            self.check(url, field=field)
            with BoundedSession(self._policy, timeout_s) as session:
                yield session
        except Overdue as error:
            raise Unreachable(f"{_host(url)} took too long.", field=field) from error
        except SSRFGuardError as error:
            raise _refused(url, field) from error
        except (InvalidInput, TooLarge) as error:
            error.field = field
            raise
        except (RequestException, OSError) as error:
            cause = next(
                (each for each in _causes(error) if isinstance(each, SSRFGuardError)), None
            )
            if cause:
                raise _refused(url, field) from error
            raise Unreachable(f"{_host(url)} could not be reached.", field=field) from error


def lan_network(text: str) -> Network:
    """A network that an admin lets in. Raises ValueError for no network, and for one that holds
    loopback, link-local (metadata services are there) or multicast addresses.
    """
    network = ip_network(text)
    for never in _NEVER:
        if network.version == never.version and network.overlaps(never):
            raise ValueError(f"{text} holds addresses of {never}, which are never asked")
    return network


def _refused(url: str, field: str) -> InvalidInput:
    return InvalidInput(
        f"{_host(url)} may not be asked from here: only public addresses are, on ports 80, 443 and"
        " from 1024 up, and networks its admin allows: [outbound] lan.",
        field=field,
    )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "This address")[:253]
    except ValueError:
        return "This address"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        yield from (each for each in seen.args if isinstance(each, BaseException))
        seen = seen.__cause__ or seen.__context__


def _saved(reply: Response, into: Path, most_bytes: int) -> Fetched:
    digest, size = hashlib.sha256(), 0
    with into.open("wb") as file:
        for part in _parts(reply, most_bytes + 1):
            size += len(part)
            if size > most_bytes:
                raise TooLarge(f"The file at {_host(reply.url)} is larger than {most_bytes} bytes.")
            digest.update(part)
            file.write(part)
    name = unquote(urlsplit(reply.url).path.rpartition("/")[2]) or "file"
    return Fetched(into, name, size, digest.hexdigest())


def _parts(reply: Response, most: int) -> Iterator[bytes]:
    """The body, until it ends or has `most` bytes."""
    got = 0
    while got < most and (part := reply.raw.read1(min(_CHUNK, most - got), decode_content=True)):
        got += len(part)
        yield part
