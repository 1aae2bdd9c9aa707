"""Hold a product photo against what marketplaces ask, and mend it where that can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, PictureFormat, Published, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length

_LIMIT_PX = 100_000_000
_NOTHING = "It passes already: there is nothing to mend."
_NO_PRODUCT = "No product could be told from the background, so none could be put on another."
_WORDS = "What looks like words or a watermark is still there: only a photo without it mends that."


@dataclass(frozen=True)
class Params:
    """What checking a photo takes."""

    image: Annotated[Upload, Help("Photo as it would be sent"), Accepts(Kind.IMAGE)]
    marketplaces: Annotated[
        tuple[str, ...] | None,
        Help("Whose rules; none: all"),
        Choice(media.MARKETPLACES),
        Length(1, len(media.MARKETPLACES)),
    ] = None
    autofix: Annotated[
        bool, Help("Add a corrected picture, cut out and framed anew, where one can be made")
    ] = False


@dataclass(frozen=True)
class _Fixed:
    """The corrected picture if there is one, what to say of it, and its doubts."""

    published: Published | None
    told: dict[str, Any]
    warnings: tuple[str, ...] = ()


@operation(
    name="product.compliance",
    title="Check a product photo for marketplaces",
    output=Kind.IMAGE,
    wants=(PERSON_MASK,),
)
def compliance(ctx: RunContext, params: Params) -> Output:
    """A verdict a marketplace, rule by rule with what was measured; and a corrected picture."""
    asked = dict.fromkeys(params.marketplaces or media.MARKETPLACES)
    markets = [media.book().marketplaces[name] for name in asked]
    ctx.progress(0.1)
    measured = media.measure(params.image.path, params.image.name, limit_px=_LIMIT_PX)
    verdicts = [media.judge(measured.values, market) for market in markets]
    facts: dict[str, Any] = {
        "pass": all(verdict.passes for verdict in verdicts),
        "rules_checked": media.book().checked.isoformat(),
        "measured": {**measured.values, **measured.details},
        "marketplaces": {each.market.name: each.told() for each in verdicts},
    }
    first = media.first_only(params.image.path)
    if not params.autofix:
        return Output((), facts, first)
    ctx.progress(0.3)
    fixed = _fixed(ctx, params.image, verdicts)
    files = (fixed.published,) if fixed.published else ()
    return Output(files, facts | {"autofix": fixed.told}, (*first, *fixed.warnings))


def _fixed(ctx: RunContext, image: Upload, verdicts: Sequence[media.Verdict]) -> _Fixed:
    if all(verdict.passes for verdict in verdicts):
        return _Fixed(None, {"made": False, "marketplaces": {}, "why": [_NOTHING]})
    picture = ctx.picture(image)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    cutout = media.cut_out(picture, person=person)
    ctx.progress(0.7)
    try:
        doubts = media.doubts(cutout)
    except InvalidInput:
        return _Fixed(None, {"made": False, "marketplaces": {}, "why": [_NO_PRODUCT]})
    plan = media.plan_for(cutout, [each.market for each in verdicts if not each.passes])
    if plan.preset is None:
        return _Fixed(None, _told({}, plan))
    look = plan.preset
    framing = media.Framing(look.width, look.height, look.margin, look.background)
    framed = media.frame(picture, cutout, framing)
    written = media.WRITES[look.format]
    path = ctx.scratch(f"{stem(image.name)}.{written.ending}")
    form = PictureFormat(look.format, quality=look.quality)
    media.encode_within(framed.picture, form, path, most_bytes=plan.most_bytes)
    after = _judged(path, [each.market for each in verdicts if each.market.name not in plan.why])
    told = _told(after, plan)
    if not told["made"]:
        path.unlink()
        return _Fixed(None, told)
    published = ctx.publish_file(path, name=path.name, mime=written.mime)
    return _Fixed(published, told, (*doubts, *_about(plan, after)))


def _judged(path: Path, markets: Sequence[media.Marketplace]) -> dict[str, media.Verdict]:
    measured = media.measure(path, path.name, limit_px=_LIMIT_PX)
    return {each.name: media.judge(measured.values, each) for each in markets}


def _told(after: dict[str, media.Verdict], plan: media.Plan) -> dict[str, Any]:
    """What became of it: whether each marketplace would take the new picture, and why not."""
    broken = {name: list(verdict.sentences()) for name, verdict in after.items()}
    why = [*plan.why.values(), *(text for name in after if not after[name].passes
                                 for text in broken[name])]  # fmt: skip
    passes = {name: verdict.passes for name, verdict in after.items()}
    return {
        "made": any(passes[name] for name in plan.served),
        "marketplaces": passes | dict.fromkeys(plan.why, False),
        "enlarged": round(plan.enlarged, 3),
        "why": list(dict.fromkeys(why)),
    }


def _about(plan: media.Plan, after: dict[str, media.Verdict]) -> tuple[str, ...]:
    guessed = any(
        not each.rule.certain for verdict in after.values() for each in verdict.broken("warn")
    )
    larger = (
        f"The product was enlarged {plan.enlarged:.3g} times to reach the smallest size; "
        "a larger photo, or upscale first, gives a sharper result."
    )
    return (*((larger,) if plan.enlarged > 1 else ()), *((_WORDS,) if guessed else ()))
