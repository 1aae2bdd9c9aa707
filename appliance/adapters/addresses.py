"""Addresses of this machine, and networks without them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import psutil

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def own_addresses() -> frozenset[Address]:
    """Every address of this machine."""
    found = (each.address for all_ in psutil.net_if_addrs().values() for each in all_)
    return frozenset(address for text in found if (address := _address(text)))


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None  # a hardware address


def without(network: Network, own: Iterable[Address]) -> list[Network]:
    """The network in parts, such that none holds any of `own`."""
    left: list[Network] = [network]
    for address in own:
        alone = ip_network(address)
        for part in left:
            if part.version == alone.version and alone.subnet_of(part):  # type: ignore[arg-type]
                left.remove(part)
                left += part.address_exclude(alone)  # type: ignore[arg-type]  # as above
                break
    return left
