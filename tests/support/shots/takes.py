"""The photos that cut-outs are judged on: every solid, material and ground several times."""

from __future__ import annotations

from tests.support.shots.rendered import Take

RED, GREEN, NAVY = (0.55, 0.06, 0.07), (0.1, 0.4, 0.16), (0.05, 0.08, 0.3)
SAND, CREAM, GREY = (0.6, 0.42, 0.22), (0.85, 0.82, 0.75), (0.5, 0.5, 0.52)
BLACK, ORANGE, TEAL = (0.03, 0.03, 0.035), (0.8, 0.32, 0.05), (0.05, 0.35, 0.38)

TAKES = (
    Take("bottle", "gloss", "white", GREEN),
    Take("mug", "matt", "white", RED),
    Take("chair", "matt", "white", SAND),
    Take("glasses", "gloss", "white", BLACK),
    Take("cube", "label", "white", NAVY, shadow=0.4),
    Take("bowl", "matt", "white", CREAM),
    Take("cube", "matt", "white", CREAM, shadow=0.5),
    Take("ball", "metal", "white", GREY),
    Take("bottle", "glass", "white", TEAL),
    Take("bag", "stripes", "pale", TEAL),
    Take("shoe", "matt", "pale", ORANGE),
    Take("lamp", "metal", "pale", SAND),
    Take("mug", "gloss", "pale", CREAM),
    Take("cube", "matt", "pale", CREAM),
    Take("two", "matt", "grey", RED),
    Take("ring", "metal", "grey", SAND),
    Take("ball", "matt", "grey", GREY),
    Take("chair", "gloss", "grey", BLACK),
    Take("bottle", "label", "gradient", RED),
    Take("bag", "matt", "gradient", SAND),
    Take("lamp", "matt", "gradient", NAVY),
    Take("shoe", "stripes", "vignette", NAVY),
    Take("mug", "label", "vignette", GREEN),
    Take("glasses", "metal", "vignette", SAND),
    Take("bowl", "gloss", "blue", ORANGE),
    Take("two", "gloss", "blue", CREAM),
    Take("ball", "glass", "blue", TEAL),
    Take("bottle", "metal", "dark", GREY),
    Take("cube", "gloss", "dark", BLACK),
    Take("ring", "gloss", "dark", RED),
    Take("mug", "gloss", "wall and table", TEAL),
    Take("bag", "matt", "wall and table", RED),
    Take("lamp", "gloss", "wall and table", BLACK),
    Take("bottle", "gloss", "wood", NAVY),
    Take("shoe", "matt", "wood", CREAM),
    Take("ball", "stripes", "fabric", GREEN),
    Take("mug", "matt", "fabric", CREAM),
    Take("two", "label", "clutter", NAVY),
    Take("bottle", "gloss", "clutter", RED),
    Take("cube", "matt", "clutter", CREAM),
)
