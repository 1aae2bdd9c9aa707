"""An operation: something a client can ask for. One file declares one; the rest is derived.

    @operation(name="image.upscale", title="Enlarge", output=Kind.IMAGE, needs=(UPSCALER,))
    def upscale(ctx: RunContext, params: Params) -> Output: ...

`Operation.fields` drives request checking, the native route, OpenAPI, the tools catalogue, the
command line. The function is reached as `upscale.run(ctx, params)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from appliance.core.abilities.key import AbilityKey
from appliance.core.batch import Item
from appliance.core.character import Character
from appliance.core.errors import NotFound
from appliance.core.files import Kind, Made, Upload
from appliance.core.money import Quantity
from appliance.core.params import Field, fields_of, read
from appliance.core.picture import Picture
from appliance.core.progress import Progress

Offer = TypeVar("Offer")
P = TypeVar("P")
Json = Any  # what json.dumps takes; the shape is the operation's


@dataclass(frozen=True)
class PictureFormat:
    """How to encode a picture.

    `format`: png, jpeg, webp, avif, … (`media.WRITES`). `quality` 1…100, None for the format's
    usual one. `lossless` where the format has a choice. A format without alpha gets `matte`
    under it.
    """

    format: str = "png"
    quality: int | None = None
    lossless: bool = False
    matte: str = "#FFFFFF"


PNG = PictureFormat()


@dataclass(frozen=True)
class Output:
    """What a job gives: its files in order, measured facts, and warnings in sentences."""

    files: tuple[Published, ...]
    facts: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """A handle on a file that `publish` accepted; it may still be encoding in a media child."""

    index: int
    name: str
    made: Callable[[], Made]


class RunContext(Protocol):
    """All an operation sees of the box: a narrow set of verbs."""

    progress: Progress

    def picture(self, upload: Upload) -> Picture:
        """Decode a picture: upright, sRGB, RGB or RGBA. Raises BrokenMedia, TooLarge."""
        ...

    def ability(self, key: AbilityKey[Offer]) -> Offer:
        """The engine chosen at admission. Raises ModelNotInstalled."""
        ...

    def has(self, key: AbilityKey[Any]) -> bool:
        """Whether an engine of this ability is installed: for what an operation can do without."""
        ...

    def character(self, character_id: str) -> Character:
        """The character that admission let through. Raises ModelNotInstalled. Heavy lane only."""
        ...

    def publish(self, picture: Picture, *, name: str, format: PictureFormat = PNG) -> Published:
        """Encode a picture and add it to the outputs. `name` has no ending; the format gives it."""
        ...

    def scratch(self, name: str) -> Path:
        """A path of this attempt's own to write a file to, for `publish_file`. Light lane only."""
        ...

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        """Add a finished file from `scratch` to the outputs."""
        ...

    def items(self) -> tuple[Item, ...]:
        """What became of the files of the batch that this job gathers, in order."""
        ...

    def call(self, operation: Operation[P], params: P) -> Output:
        """Run another operation inside this job; its outputs are this job's."""
        ...


Run = Callable[[RunContext, P], Output]


@dataclass(frozen=True)
class Sometimes:
    """Abilities that count only where one of the parameters `given` is given (decision 0019).
    `otherwise`: what works without them, as a sentence for whoever lacks the model.
    """

    given: tuple[str, ...]
    needs: tuple[AbilityKey[Any], ...]
    wants: tuple[AbilityKey[Any], ...] = ()
    otherwise: str = ""

    def met_by(self, params: object) -> bool:
        """Whether these params ask for it."""
        return any(getattr(params, name, None) is not None for name in self.given)


@dataclass(frozen=True)
class Operation(Generic[P]):
    """A declared operation. `needs`: abilities without which it cannot run; `wants`: ones it uses
    where installed; `sometimes`: more of both for some params. `likeness`: it changes a face or a
    voice, so it needs a consent record. `from_photo`: it makes a new picture out of a photo, which
    the content rules read strictly. `tool`: its category in the tools catalogue. `admin`: only a
    key with that scope may run it. `gathers`: it makes one thing of what the jobs of a batch made,
    and is asked for with them only.
    """

    name: str
    title: str
    output: Kind
    params: type[P]
    run: Run[P]
    needs: tuple[AbilityKey[Any], ...] = ()
    wants: tuple[AbilityKey[Any], ...] = ()
    sometimes: Sometimes | None = None
    likeness: bool = False
    from_photo: bool = False
    once: bool = False
    admin: bool = False
    gathers: bool = False
    measure: Callable[[P], Quantity] | None = None
    fields: tuple[Field, ...] = ()

    @property
    def abilities(self) -> tuple[AbilityKey[Any], ...]:
        """All that it may use, whatever is asked of it."""
        more = self.sometimes
        return (*self.needs, *self.wants, *((*more.needs, *more.wants) if more else ()))

    def needed(self, params: object) -> tuple[AbilityKey[Any], ...]:
        """The abilities without which it cannot do what `params` ask."""
        more = self.sometimes
        return (*self.needs, *(more.needs if more and more.met_by(params) else ()))

    def wanted(self, params: object) -> tuple[AbilityKey[Any], ...]:
        """The abilities it uses for `params` where they are installed."""
        more = self.sometimes
        return (*self.wants, *(more.wants if more and more.met_by(params) else ()))

    @property
    def outside(self) -> bool:
        """Whether it reaches beyond the box."""
        return any(key.outside for key in self.needs)

    def read(self, raw: Mapping[str, object], *, lenient: bool = False) -> P:
        """Params from raw values. Raises InvalidInput naming the field."""
        return self.params(**read(self.fields, raw, lenient=lenient))

    def quantity(self, params: P) -> Quantity:
        """How much `params` ask for, to be priced: told from them and from the headers of their
        files.
        """
        return self.measure(params) if self.measure else _usual(self.fields, params)


def _usual(fields: Sequence[Field], params: object) -> Quantity:
    """`count` pictures; the length and the size of all files given, as their headers tell them."""
    facts = [
        upload.facts
        for field in fields
        if field.is_file
        for upload in _uploads(getattr(params, field.name))
    ]
    return Quantity(
        pictures=int(getattr(params, "count", 1) or 1),
        seconds=sum((Decimal(str(round(each.seconds, 3))) for each in facts), Decimal(0)),
        megapixels=Decimal(sum(each.width_px * each.height_px for each in facts)) / 1_000_000,
    )


def _uploads(value: Upload | tuple[Upload, ...] | None) -> tuple[Upload, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


_NAME = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")
_LIKENESS = re.compile(r"face|voice|avatar")


def operation(
    *,
    name: str,
    title: str,
    output: Kind,
    needs: Sequence[AbilityKey[Any]] = (),
    wants: Sequence[AbilityKey[Any]] = (),
    sometimes: Sometimes | None = None,
    likeness: bool = False,
    from_photo: bool = False,
    once: bool = False,
    admin: bool = False,
    gathers: bool = False,
    measure: Callable[[P], Quantity] | None = None,
) -> Callable[[Run[P]], Operation[P]]:
    """Declare an operation over a plain function. Raises TypeError at import for a name out of
    form, a parameter that cannot be derived from, a face, voice or avatar without `likeness=True`.
    """

    def declare(run: Run[P]) -> Operation[P]:
        params = _checked(name, run, sometimes, likeness=likeness)
        return Operation(
            name=name,
            title=title,
            output=output,
            params=params,
            run=run,
            needs=tuple(needs),
            wants=tuple(wants),
            sometimes=sometimes,
            likeness=likeness,
            from_photo=from_photo,
            once=once,
            admin=admin,
            gathers=gathers,
            measure=measure,
            fields=fields_of(params),
        )

    return declare


def _checked(name: str, run: Run[P], sometimes: Sometimes | None, *, likeness: bool) -> Any:
    if not _NAME.fullmatch(name):
        raise TypeError(f"{name!r} is not of the form place.verb")
    if _LIKENESS.search(name) and not likeness:
        raise TypeError(f"{name} touches a face or a voice and does not declare likeness=True")
    params = get_type_hints(run)["params"]
    names = {field.name for field in fields_of(params)}
    if sometimes is not None and not {*sometimes.given} <= names:
        raise TypeError(f"{name} has abilities for parameters that it does not have")
    return params


class Catalogue:
    """Every operation of the box by name."""

    def __init__(self, operations: Iterable[Operation[Any]]) -> None:
        self._by_name: dict[str, Operation[Any]] = {}
        for each in operations:
            if each.name in self._by_name:
                raise TypeError(f"two operations are called {each.name}")
            self._by_name[each.name] = each

    def __iter__(self) -> Iterator[Operation[Any]]:
        """All of them, by name."""
        return iter(sorted(self._by_name.values(), key=lambda each: each.name))

    def __contains__(self, name: str) -> bool:
        """Whether there is one of this name."""
        return name in self._by_name

    def __getitem__(self, name: str) -> Operation[Any]:
        """The operation of this name. Raises NotFound listing what there is."""
        if name not in self._by_name:
            known = ", ".join(sorted(self._by_name))
            raise NotFound(f"There is no operation {name[:60]!r}. Known: {known}.")
        return self._by_name[name]
