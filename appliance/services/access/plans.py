"""Plans: which models, operations and limits an account has, as config says at this moment."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.core.errors import Forbidden, InvalidInput
from appliance.core.jobs import Actor
from appliance.core.plan import Plan, covers
from appliance.services.box import Box


def known(box: Box, name: object) -> str:
    """The plan's name, if config has one of it. Raises InvalidInput."""
    if not isinstance(name, str) or name not in box.settings.plans:
        there = ", ".join(box.settings.plans)
        raise InvalidInput(f"plan must be one of {there}.", field="plan")
    return name


def limit(box: Box, plan: str, name: str) -> str | int:
    """A limit as a plan has it: its own, else that of [rates]; 0 for a count that nobody set."""
    usual: str | int = getattr(box.settings.rates, name, 0)
    found = box.settings.plans.get(plan)
    return found.limits.get(name, usual) if found else usual


def check_operation(box: Box, actor: Actor, operation: str) -> None:
    """Let an operation of the actor's plan pass. Raises Forbidden."""
    if not covers(_plan(box, actor).operations, operation):
        raise _outside(actor, operation)


def check_models(box: Box, actor: Actor, asked: str | None, resolved: Sequence[str]) -> None:
    """Let models of the actor's plan pass; the first was asked for by name, if `asked`, and a plan
    may leave out that name as well as the model behind it. Raises Forbidden.
    """
    patterns = _plan(box, actor).models
    for position, model in enumerate(resolved):
        names = (model, asked) if position == 0 and asked else (model,)
        if not covers(patterns, *names):
            raise _outside(actor, f"the model {names[-1]}")


def check_keys_by_api(box: Box, actor: Actor) -> None:
    """Let a plan pass whose keys may make keys. Raises Forbidden."""
    if not _plan(box, actor).keys_by_api:
        raise _outside(actor, "making keys over the API")


def _plan(box: Box, actor: Actor) -> Plan:
    found = box.settings.plans.get(actor.plan)
    if found is None:
        raise Forbidden(
            f"The plan {actor.plan!r} of this account is no longer in [plans]; ask the appliance's"
            " admin for another.",
            details={"plan": actor.plan},
        )
    return found


def _outside(actor: Actor, what: str) -> Forbidden:
    return Forbidden(
        f"The plan {actor.plan!r} does not include {what}.",
        details={"plan": actor.plan, "outside": what},
    )
