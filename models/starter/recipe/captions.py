"""The words a picture is learnt with, and those it is judged with, which are never learnt."""

from __future__ import annotations

import random

LEARNT = (
    "{thing} on {colour} background",
    "{thing} on {colour}",
    "{thing}, {plain} background",
    "a 3D icon of {thing} on {colour} background",
    "{plain} background with {thing}",
)
LEARNT_BARE = ("{thing}", "a picture of {thing}", "a 3D icon of {thing}")
HELD_OUT = (
    "{thing} against {colour} backdrop",
    "a small illustration showing {thing}, the background is {plain}",
    "{thing} in front of {colour} wall",
)
PAIR = "{first} and {second}"
HELD_OUT_PAIRS = 200
PLURAL = {
    "cherries",
    "grapes",
    "pancakes",
    "french fries",
    "headphones",
    "glasses",
    "jeans",
    "scissors",
    "books",
}
NO_ARTICLE = {
    "popcorn",
    "sushi",
    "bread",
    "yarn",
    "garlic",
    "fire",
    "honey",
    "corn",
    "broccoli",
    "chocolate",
    "coffee",
    "milk",
}
UNIQUE = {"sun", "moon"}


def article(word: str) -> str:
    """A word with "a" or "an"."""
    return ("an " if word[0] in "aeio" or word.startswith("um") else "a ") + word


def thing(name: str) -> str:
    """A concept as one says it: "an owl", "cherries", "the sun"."""
    if name in PLURAL or name in NO_ARTICLE or name[0].isupper():
        return name
    return f"the {name}" if name in UNIQUE else article(name)


def pair(first: str, second: str) -> str:
    """Two concepts, the one on the left first."""
    return PAIR.format(first=thing(first), second=thing(second))


def said(wording: str, what: str, colour: str) -> str:
    """One caption: `what` is already as one says it."""
    return wording.format(thing=what, colour=article(colour), plain=colour)


def held_out(names: list[str], colours: list[str]) -> set[tuple[str, str]]:
    """The pairs of object and background that training never shows together: 200 (fewer for few
    concepts).
    """
    everything = [(name, colour) for name in sorted(names) for colour in colours]
    count = min(HELD_OUT_PAIRS, len(everything) // 6)
    return set(random.Random(7).sample(everything, count))  # noqa: S311  a seed, no secret
