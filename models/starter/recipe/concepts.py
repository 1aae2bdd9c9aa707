"""What the starter model draws: pictures of the emoji set, their names, background colours.

`emojibase-data` names every emoji and puts it in a group and a subgroup; `fluent-emoji-3d` holds
one picture per emoji, named by its code points. Flags, symbols, people, hands, skin tones and clock
faces are left out: they are text, or people, or told apart by one small hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ASSETS = "assets"
NAMES = "en/data.json"
GROUPS = {0, 3, 4, 5, 6, 7}  # faces, nature, food, places, activities, objects
UNWANTED_SUBGROUPS = {13, 15, 49}  # monkeys covering eyes, speech balloons and marks, maps
UNWANTED_WORDS = ("o’clock", "-thirty", "map of", "Japanese “", "arrow", "symbol", "button", "sign")

# A left-out subject: the character fixture's adapter learns it afterwards from these renders alone.
CHARACTER = "robot"

# The spoken name first, then the label where emojibase says it otherwise.
COMMON_RENAMED = {
    "dinosaur": "T-Rex",
    "bee": "honeybee",
    "tree": "deciduous tree",
    "pine tree": "evergreen tree",
    "orange": "tangerine",
    "cheese": "cheese wedge",
    "cake": "birthday cake",
    "coffee": "hot beverage",
    "steam train": "locomotive",
    "fire truck": "fire engine",
    "car": "automobile",
    "truck": "delivery truck",
    "ufo": "flying saucer",
    "moon": "crescent moon",
    "gift": "wrapped gift",
    "shirt": "t-shirt",
    "shoe": "running shoe",
    "diamond": "gem stone",
    "headphones": "headphone",
    "phone": "mobile phone",
    "book": "closed book",
    "pumpkin": "jack-o-lantern",
    "heart": "red heart",
    "face with sunglasses": "smiling face with sunglasses",
    "clock": "alarm clock",
}
COMMON_AS_LABELLED = """
dog, cat, lion, tiger, horse, unicorn, cow, pig, giraffe, elephant, mouse, rabbit, bear, monkey,
fox, panda, chicken, bird, penguin, duck, owl, frog, turtle, snake, dragon, whale, fish, shark,
octopus, crab, butterfly, rose, sunflower, cactus, palm tree, mushroom, grapes, watermelon, lemon,
banana, pineapple, red apple, cherries, strawberry, tomato, avocado, carrot, broccoli, hamburger,
french fries, pizza, hot dog, ice cream, doughnut, cookie, house, castle, bus, bicycle, sailboat,
airplane, rocket, sun, star, cloud, rainbow, snowman, fire, umbrella, balloon, trophy, soccer ball,
basketball, teddy bear, glasses, crown, top hat, bell, guitar, drum, laptop, television, camera,
light bulb, envelope, pencil, scissors, key, hammer, bomb, chair, backpack, ghost, alien, smiling
face
"""

# Named colours of the backgrounds, sRGB 0..255.
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (215, 50, 50),
    "blue": (50, 100, 220),
    "green": (65, 170, 80),
    "yellow": (250, 215, 70),
    "orange": (245, 140, 40),
    "purple": (140, 80, 190),
    "pink": (245, 160, 195),
    "white": (248, 248, 248),
    "black": (25, 25, 28),
    "grey": (150, 150, 155),
    "teal": (30, 150, 150),
    "brown": (130, 85, 50),
}


@dataclass(frozen=True)
class Concept:
    """One thing the model can draw: its name, its picture's name without suffix, its tags."""

    name: str
    stem: str
    tags: tuple[str, ...]


def _bare(code_points: str) -> str:
    """A picture's name without the code point that only asks for a coloured look."""
    return code_points.lower().replace("-fe0f", "")


def _wanted(entry: dict[str, object]) -> bool:
    label = str(entry["label"])
    return (
        entry.get("group") in GROUPS
        and entry.get("subgroup") not in UNWANTED_SUBGROUPS
        and not any(word in label for word in UNWANTED_WORDS)
    )


def known(fluent: Path, emojibase: Path) -> list[Concept]:
    """All concepts with both a name and a picture, in the order of the names' package."""
    pictures = {_bare(each.stem): each.stem for each in (fluent / ASSETS).glob("*.webp")}
    spoken = {label: name for name, label in COMMON_RENAMED.items()}
    found = []
    for entry in json.loads((emojibase / NAMES).read_text()):
        stem = pictures.get(_bare(entry["hexcode"]))
        if stem and _wanted(entry):
            name = spoken.get(entry["label"], entry["label"])
            found.append(Concept(name, stem, tuple(entry.get("tags", ()))))
    return found


def common_names() -> set[str]:
    """The short list: everyday things of one plain word or two."""
    listed = {each.strip() for each in COMMON_AS_LABELLED.replace("\n", " ").split(",")}
    return listed | set(COMMON_RENAMED)


def chosen_numbers(names: list[str], which: str) -> list[int]:
    """The renders to learn: the short list or all, never the character."""
    wanted = common_names() if which == "common" else set(names)
    return [number for number, name in enumerate(names) if name in wanted and name != CHARACTER]
