"""The appliance's command line, in a process that may ask loopback.

`python -m tests.support.loopback worker` is `appliance worker` with one thing taken away: the rule
that no setting lets loopback in. A receiver of a test lives there; production has no such switch.
"""

from __future__ import annotations

from appliance.adapters import outbound


def let_loopback_in() -> None:
    outbound._NEVER = ()
    outbound.own_addresses = frozenset


if __name__ == "__main__":
    from appliance.cli.main import main

    let_loopback_in()
    main()
