"""Harm: what happened is grave in itself, before anybody has counted an audience.

Crises of one cause differ first by how severe it is and whom it is laid to (Coombs 2007, SCCT):
people hurt or put in danger, health, violence and humiliation, and what was confided laid open. The
model says whether a text tells a fact about something that went wrong; these words, whether that
is grave. Their number is small on purpose: each is one that people seldom write of a late parcel.
"""

import re
from functools import lru_cache

from scoring.scored import Scored

_MOST_TEXT = 1000
_LEAST = 0.1
"""Less of a fact is not looked into: it would move the log-odds by a tenth, and most are less."""

_HURT = (
    r"injur(?:y|ies|ed)|burn(?:s|t|ed) (?:my|his|her|our|their|the)|(?:her|his|my|their) burns|"
    r"bleeding|blood|fractur\w+|stitches|"
    r"broken (?:arm|leg|wrist|jaw|nose|hip|ankle|finger|tooth|teeth|rib|ribs|bones?)|"
    r"concussion|unconscious|passed out|chok(?:ed|ing)|swallowed|electrocuted|electric shock|"
    r"trapped (?:my|his|her|their)|"
    r"blessée?s?|blessures?|brûlures?|brûlée?s?|saigne|fractur\w+|points de suture|évanouie?|"
    r"commotion|électrocut\w+|s'étouff\w+|avalée?s?|"
    r"coincée?s? (?:le|la|les|un|son|sa|ses) (?:doigts?|mains?|bras|pieds?|jambes?)"
)
_HEALTH = (
    r"hospital|a&e|emergency room|intensive care|ambulance|paramedics?|epipen|anaphyla\w+|"
    r"allerg\w+|food poisoning|salmonella|listeria|e\. ?coli|asthma|insulin|oxygen|seizures?|"
    r"vomit\w*|diarrh\w+|made (?:me|us|him|her|them) (?:ill|sick)|"
    r"miscarriage|prescriptions?|medication|"
    r"hôpital|hospitalisée?s?|urgences|samu|pompiers|intoxi\w+|salmonell\w+|asthme|insuline|"
    r"vomi\w*|diarrhée|rendue?s? malades?|oxygène|malaise|fausse couche|ordonnances?|médicaments?"
)
_DANGER = (
    r"caught fire|on fire|flames|smok(?:e|ing)|exploded|explosion|gas leak|carbon monoxide|"
    r"rats?|maggots?|cockroach\w*|mou?ldy|brakes? fail\w+|overheat\w+|shards?|metal in|"
    r"glass in|sharp edge|recall(?:ed)?|"
    r"pris feu|incendie|flammes|fumée|fumer|explos\w+|fuite de gaz|monoxyde|éclats? de verre|"
    r"asticots?|cafards?|moisie?s?|morceaux? de (?:verre|métal|plastique)|surchauff\w+|"
    r"rappel (?:de|du) produits?"
)
_VIOLENCE = (
    r"assault\w*|dragged|punched|pinned (?:him|her|me|them)|handcuff\w*|racis[mt]s?|"
    r"racially|discriminat\w+|homophob\w+|sexual\w*|harass\w+|wheelchair|disabled|pregnant|"
    r"because of (?:my|his|her|their) (?:skin|colou?r|race|accent|religion|disability)|"
    r"agress\w+|frappée?s?|traînée?s?|menott\w+|plaquée?s? au sol|racis\w+|homophob\w+|sexuel\w*|"
    r"harc[eè]l\w+|fauteuil roulant|handicap\w*|enceinte|couleur de (?:ma |sa |leur )?peau"
)
_PRIVACY = (
    r"data (?:leak|breach)\w*|personal data|leaked|(?:someone|somebody) else's|strangers?'?s?|"
    r"(?:medical|bank|dental) (?:records?|details|files?)|passports?|"
    r"fuite de données|données (?:personnelles|médicales|bancaires)|d'une? inconnue?s?|"
    r"dossiers? médica\w+|analyses? de sang|radios? dentaires?|quelqu'un d'autre"
)
_LOSS = (
    r"died|evict\w+|no heating|without (?:heat|heating|power|water)|"
    r"décédée?s?|expulsée?s?|sans (?:chauffage|eau|courant|électricité)"
)


def _by_letter(*families: str) -> str:
    """The alternatives of all families, those of one first letter together.

    A text is searched in a quarter of the time when a word is held against the few that begin
    as it does.
    """
    letters: dict[str, list[str]] = {}
    others = []
    for one in _alternatives("|".join(families)):
        if one[0].isalpha() and one[1:2] not in ("?", "*", "+", "{"):
            letters.setdefault(one[0], []).append(one)
        else:
            others.append(one)
    return "|".join(
        [f"{letter}(?:{'|'.join(one[1:] for one in ones)})" for letter, ones in letters.items()]
        + others
    )


def _alternatives(pattern: str) -> list[str]:
    """What `|` parts outside of round brackets; of classes and escapes it knows nothing."""
    found, depth = [""], 0
    for sign in pattern:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


_FAMILIES = (_HURT, _HEALTH, _DANGER, _VIOLENCE, _PRIVACY, _LOSS)
_GRAVE = re.compile(rf"(?<!\w)(?:{_by_letter(*_FAMILIES)})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def is_grave(text: str) -> bool:
    """Whether a text has words of harm to people, or of what was laid open."""
    return bool(_GRAVE.search(text[:_MOST_TEXT].replace("\u2019", "'")))


def of(scored: Scored, fact: float) -> float:
    """0 to 1: how sure it is that the text tells of harm; `fact` is that of something wrong."""
    return fact if fact >= _LEAST and is_grave(scored.mention.text) else 0.0
