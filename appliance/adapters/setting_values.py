"""Values of settings: of the kind that is wanted, and such as can be used."""

from __future__ import annotations

import re
from typing import Any, get_args, get_origin

from appliance.adapters.outbound import lan_network
from appliance.core.money import ZERO, rate, usd

_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text in quotes"}
_LISTS = {int: "a list of whole numbers", str: "a list of texts"}
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9a-fA-F:.]{2,45}")


def fitting(value: Any, wanted: Any) -> Any:
    """The value as the kind that is wanted. Raises ValueError saying what it must be."""
    if get_origin(wanted) is tuple:
        inside = get_args(wanted)[0]
        if isinstance(value, list) and all(type(item) is inside for item in value):
            return tuple(value)
        raise ValueError(f"must be {_LISTS[inside]}")
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise ValueError(f"must be {_WORDS[wanted]}, not {value!r}")
    return value


def check(section: str, key: str, value: Any) -> None:
    """Let a value pass that can be used. Raises ValueError saying why it cannot."""
    if section == "prices" or key.endswith("_usd"):
        _check_price(section, key, value)
    elif (section, key) == ("outbound", "lan"):
        for each in value:
            lan_network(each)
    elif (section, key) == ("outbound", "plain_hosts"):
        _check_hosts(value)
    elif (section, key) == ("worker", "gpus"):
        _check_gpus(value)
    elif key.endswith("_retries_s") and any(pause < 0 for pause in value):
        raise ValueError("must be a list of seconds, none below 0")


def _check_price(section: str, key: str, value: str) -> None:
    amount = rate(value).amount if section == "prices" else usd(value)
    if amount < ZERO or (key == "credit_usd" and not amount):
        raise ValueError("must be more than nothing")


def _check_gpus(gpus: tuple[int, ...]) -> None:
    if not gpus or min(gpus) < 0 or len({*gpus}) < len(gpus):
        raise ValueError("must name at least one GPU, each once and from 0 on, such as [0, 1]")


def _check_hosts(hosts: tuple[str, ...]) -> None:
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ValueError(f"must hold names of hosts and nothing else, not {host!r}")
