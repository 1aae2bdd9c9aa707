from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network

import pytest

from appliance.adapters.addresses import own_addresses, without


def test_the_machine_knows_its_loopback():
    assert ip_address("127.0.0.1") in own_addresses()


def test_an_address_that_can_be_bound_is_its_own():
    for address in own_addresses():
        if address.version == 4:
            with socket.socket() as listening:
                listening.bind((str(address), 0))


@pytest.mark.parametrize(
    ("network", "own"),
    [
        ("192.168.1.0/24", ["192.168.1.7", "192.168.1.200"]),
        ("10.0.0.0/8", ["10.255.255.255", "192.168.1.1"]),
        ("fd00::/64", ["fd00::1", "10.0.0.1"]),
        ("192.168.1.7/32", ["192.168.1.7"]),
    ],
)
def test_a_network_loses_exactly_the_addresses_named(network, own):
    whole, named = ip_network(network), [ip_address(each) for each in own]

    parts = without(whole, named)

    inside = [each for each in named if each.version == whole.version and each in whole]
    assert sum(part.num_addresses for part in parts) == whole.num_addresses - len(inside)
    assert not any(each in part for part in parts for each in inside)
    assert all(part.subnet_of(whole) for part in parts)


def test_a_network_without_any_of_them_stays_whole():
    assert without(ip_network("10.0.0.0/8"), [ip_address("192.168.1.1")]) == [
        ip_network("10.0.0.0/8")
    ]
