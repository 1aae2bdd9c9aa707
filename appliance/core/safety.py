"""Content rules that need no model: what is refused at admission, in every family, always.

Two things, with no setting that turns them off: sexual content with minors, and undressing people
in a photo. The rules read words, not pixels; checks of pictures come later, in the worker. They
are written to be hard to slip past (spacing, accents, digits for letters) and yet to let a shop's
plain words through: "nude lipstick", "baby bottle", "strip the background".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """A refusal: which rule, and the sentence for the caller."""

    rule: str
    says: str


_MINORS = Verdict("minors", "Sexual content with minors is refused. Nothing turns this rule off.")
_UNDRESS = Verdict(
    "undress", "Undressing or sexualising people in a photo is refused. Nothing turns this off."
)


def _any(alternatives: str) -> re.Pattern[str]:
    """A pattern of whole words; line breaks and the space around | are only for the reader."""
    flat = re.sub(r"\s*\|\s*", "|", alternatives.strip())
    return re.compile(rf"\b(?:{flat.replace(chr(10), '')})\b")


_AGE = r"(?:1[0-7]|[1-9]|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
_MINOR = _any(
    rf"""
      (?:school ?)?child(?:ren|hood|s|like)? | kid(?:s|do|die|dies)? | minors? | toddlers?
    | infants? | bab(?:y|ies)
    | preteens? | teen(?:s|y|age|aged|ager|agers)? | under ?-?aged? | juveniles? | pubescent
    | prepubescent | school ?girls? | school ?boys? | little (?:girl|boy)s?
    | young(?:er)? (?:girl|boy)s?
    | lol[iy](?:s|ta|tas|con)? | shota(?:con)?s? | jailbait | cp | pedo\w* | paedo\w*
    | (?:girl|boy)s? | {_AGE}[ -]?(?:years?[ -]?old|yrs?[ -]?old|y ?/? ?o|anos)
    | aged? {_AGE} | nin[oa]s? | menor(?:es)?(?: de edad)? | adolescent(?:e|es|s)?
    | colegial(?:a|as|es)?
    | infantil(?:es)? | bebes? | crias? | chiquill[oa]s?
    """
)
_SEXUAL = _any(
    r"""
      sex(?:y|ual|ually|ualised|ualized)? | nud(?:e|es|ity|ism|ist) | naked | topless | bottomless
    | porn\w* | hentai | nsfw | xxx | erotic\w* | orgasm\w* | masturbat\w* | blow ?jobs? | fuck\w*
    | cum(?:shot|ming)? | penis\w* | vagina\w* | genital\w* | nipples? | breasts? | boobs? | tits
    | pussy | cock | dick | lingerie | undress\w* | unclothed | lewd | seductive\w* | sensual\w*
    | horny | fetish\w* | bondage | bdsm | rape\w* | molest\w* | intercourse
    | strip(?:ping|tease|per)
    | without (?:\w+ )?cloth(?:es|ing) | no cloth(?:es|ing) | in (?:her|his|their) underwear
    | desnud\w* | sexo | sexual\w* | sexis? | porno\w* | erotic[oa]s? | senos | pechos | pene
    | follar\w* | sin ropa | encuerad\w* | en ropa interior
    """
)
# Words of _MINOR that plain adult or product prompts hold too, unless the text is explicit as well.
_AMBIGUOUS_MINOR = re.compile(r"\b(?:girls?|boys?|bab(?:y|ies)|kids?|cp|bebes?)\b")
_EXPLICIT = _any(
    r"""
      porn\w* | hentai | nsfw | xxx | naked | nud(?:e|es|ity) | topless | bottomless
    | masturbat\w* | fuck\w*
    | blow ?jobs? | penis\w* | vagina\w* | genital\w* | pussy | tits | cum(?:shot|ming)? | orgasm\w*
    | unclothed | undress\w* | rape\w* | molest\w* | sexual\w* | having sex | sex with | sex
    | without (?:\w+ )?cloth(?:es|ing) | desnud\w* | sin ropa | porno\w* | follar\w* | sexo
    """
)
_ADULT = re.compile(r"\b(?:adults?|wom[ae]n|grown ?-?ups?|mujer(?:es)?|adult[oa]s?)\b")

_CLOTHES = (
    r"(?:cloth(?:es|ing)?|dress|shirt|top|bra|bikini|swimsuit|underwear|panties|pants|trousers|skirt"
    r"|outfit|garments?|blouse|jeans|lingerie|ropa|vestido|camisa|falda|sujetador|bragas)"
)
_REMOVING = (
    r"(?:remov\w+|tak\w+ off|strip\w*(?: off)?|eras\w+|delet\w+|rip\w*(?: off)?|tear\w*(?: off)?"
    r"|get(?:ting)? rid of|pull\w* (?:down|off)|lift\w* up|see through|x-?ray)"
)
# "Remove the wrinkles from the shirt" takes nothing off anybody.
_WORDS = r"(?:\W+(?!(?:from|on|in|del|de)\b)\w+)"
_SHEER = r"(?:transparent|see-?through|sheer|invisible|transparente)"
_SOMEONE = (
    r"(?:her|him|them|(?:the|this|that|my) (?:wom[ae]n|m[ae]n|girls?|boys?|lady|model|person))"
)
_MAKING = r"(?:make|turn|show|render|put|paint|imagine|generate|see|get)"
_UNDRESSING = _any(
    rf"""
      un-?dress\w* | nudif\w* | denud\w* | de-?cloth\w* | un-?cloth\w* | dis-?rob\w*
    | (?:deep ?nude|clothoff|nudify\w*)
    | {_REMOVING}{_WORDS}{{0,4}}?\W+{_CLOTHES} | strip\w*(?: off)? {_SOMEONE}
    | (?:make|turn|render)\W+(?:\w+\W+){{0,3}}{_CLOTHES}\W+(?:\w+\W+){{0,2}}{_SHEER}
    | (?:without|no|lose|zero)\W+(?:\w+\W+){{0,2}}{_CLOTHES}
    | {_CLOTHES}(?:\s+[a-z]+){{0,2}}\s+(?:removed|off|gone)
    | {_MAKING}\W+(?:\w+\W+){{0,5}}?(?:nude|naked|topless|bottomless)
    | (?:nude|naked|topless)\W+(?:version|photo|picture|body|image|pic)
    | desnud\w* | desv[ei]st\w* | quit\w+{_WORDS}{{0,3}}?\W+{_CLOTHES} | sin\W+{_CLOTHES}
    """
)
_PERSON = _any(
    r"""
      her|him|his|she|he|them|their|they|person|people|wom[ae]n|m[ae]n|girls?|boys?|lady|ladies|guys?
    | model|actress|actor|celebrity|photo|picture|wife|girlfriend|ex|friend|classmate|teacher
    | colleague|selfie|ella|el|mujer|hombre|chic[oa]s?|novia|amiga|foto|body
    """
)
# On a person's photo these are enough by themselves.
_SEXUAL_ON_PHOTO = _any(
    r"""
      naked | nudes? | nudity | topless | bottomless | porn\w* | nsfw | xxx | hentai | genital\w*
    | penis\w* | vagina\w* | pussy | boobs? | tits | nipples? | bare breasts? | fuck\w*
    | blow ?jobs?
    | cum(?:shot|ming)? | masturbat\w* | having sex | sexual\w* | sex | desnud\w* | porno\w*
    """
)
# Nude as a colour, and breast as food or care.
_PLAIN = re.compile(
    r"\bnude\W+(?:\w+\W+)?(?:lipsticks?|heels?|shoes?|colou?rs?|tones?|shades?|pumps|nails?"
    r"|polish|palettes?|make-?up|pink|beige|tights|background|eyeshadow|lips?)\b"
    r"|\b(?:in|colou?r|shade|tone)\W+nude\b"
    r"|\b(?:lipstick|nails?|polish|shoes|heels|make-?up)\W+(?:\w+\W+){0,2}nude\b"
    r"|\bbreast[ -]?(?:pumps?|fe(?:d|eding)|milk)\b"
    r"|\b(?:chicken|turkey|duck|pork)\W+(?:\w+\W+)?breasts?\b"
)
# Written as one word to slip past; said only of clear minors, so that no innocent word is caught.
_GLUED = re.compile(
    r"\b(?:naked|nude|porn|nsfw|hentai)(?:child|kid|teen|minor|toddler|preteen|loli|schoolg|schoolb)"
    r"|\b(?:child|kid|kiddie|teen|preteen|minor|toddler|loli|shota)(?:porn|nude|naked|sex)"
)

_UNSEEN = ("Cf", "Mn", "Me")  # marks and signs without a width of their own
_LOOKALIKES = str.maketrans("013457@$!|€", "oieastasiie")
# Cyrillic and Greek letters that look like Latin ones.
_HOMOGLYPHS = str.maketrans("аеорсухіјѕԁһӏтвнкмαεοικνρτυχ", "aeopcyxijsdhltbhkmaeoiknptux")


def judge(texts: Iterable[str], *, from_photo: bool) -> Verdict | None:
    """The refusal that applies to a request's texts together, or None.

    `from_photo`: a picture comes with them from which the new one is made.
    """
    readings = _readings(" \n ".join(texts))
    if any(_with_minors(reading) for reading in readings):
        return _MINORS
    if any(_undressing(reading, from_photo=from_photo) for reading in readings):
        return _UNDRESS
    return None


def _with_minors(text: str) -> bool:
    plain = _PLAIN.sub(" ", text)
    if _GLUED.search(plain):
        return True
    if not _SEXUAL.search(plain):
        return False
    found = [match.group() for match in _MINOR.finditer(plain)]
    clear = [word for word in found if not _AMBIGUOUS_MINOR.fullmatch(word)]
    if clear:
        return True
    return bool(found) and bool(_EXPLICIT.search(plain)) and not _ADULT.search(plain)


def _undressing(text: str, *, from_photo: bool) -> bool:
    plain = _PLAIN.sub(" ", text)
    if from_photo and _SEXUAL_ON_PHOTO.search(plain):
        return True
    match = _UNDRESSING.search(plain)
    if not match:
        return False
    # "a dress without buttons", "no dress code": nobody is being undressed unless someone is there.
    return from_photo or (bool(_PERSON.search(plain)) and _commands(match.group()))


_COMMAND = re.compile(
    r"remov|undress|un-dress|strip|tak|nudif|quit|desnud|desvest|x-?ray|deep ?nude|clothoff"
)


def _commands(found: str) -> bool:
    return bool(_COMMAND.search(found))


def _readings(text: str) -> list[str]:
    """The text as people read it: folded, with spelled-out letters joined, look-alikes undone."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = "".join(ch for ch in folded if unicodedata.category(ch) not in _UNSEEN)
    folded = folded.translate(_HOMOGLYPHS).replace("_", " ")
    joined = re.sub(r"\b(?:\w[\s.*-]){2,}\w\b", lambda m: re.sub(r"[\s.*-]", "", m[0]), folded)
    return list(dict.fromkeys((folded, joined, joined.translate(_LOOKALIKES))))
