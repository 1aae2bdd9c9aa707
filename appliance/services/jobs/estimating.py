"""What a request would cost and take, without making it: nothing runs, nothing is held."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.core.errors import ModelNotInstalled
from appliance.core.jobs import Lane, Request
from appliance.core.money import Money
from appliance.services import characters, models
from appliance.services.box import Box
from appliance.services.jobs import admission, reading
from appliance.services.money import pricing


@dataclass(frozen=True)
class Estimate:
    """`seconds`: mean of past runs here, None before the first. `resolved`: the model that would
    run, None where it needs none or none is installed; `fits`: whether this machine has the memory
    for it. `blocked`: the content rule that refuses.
    """

    price: Money
    credits: int | float
    seconds: float | None
    queue_position: int
    resolved: str | None
    installed: bool
    fits: bool | None
    blocked: str | None


def estimate(box: Box, request: Request) -> Estimate:
    """The estimate of a checked request. Raises InvalidInput for an unknown model or character,
    CharacterLocked, and what `admission.check_allowed` raises.
    """
    operation = box.catalogue[request.operation]
    admission.check_allowed(box, request)
    verdict = admission.verdict_on(operation, request)
    resolved, installed = models.Resolved({}, Lane.LIGHT), True
    try:
        resolved = models.resolve(box, operation, request.model, request.params)
        characters.check(box, request, resolved.models)
    except ModelNotInstalled:
        installed = False
    quantity = operation.quantity(request.params)
    price = pricing.quote(box, request.price_entry, request.model, quantity).price
    model = next(iter(resolved.models.values()), None)
    return Estimate(
        price=price,
        credits=pricing.in_credits(box, price),
        seconds=reading.usual_seconds(box, operation.name, model),
        queue_position=reading.waiting(box, resolved.lane),
        resolved=model,
        installed=installed,
        fits=models.fits(box, model) if model else None,
        blocked=verdict.rule if verdict else None,
    )
