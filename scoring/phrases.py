"""Short phrases of notes and headlines, in the languages that Tocsin speaks.

A language that is not here gets English.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

_PHRASES = {
    "en": {
        "anger": "clear anger ({value:.0%})",
        "objective_fact": "a checkable fact ({value:.0%})",
        "corporate_denial_brand": "the brand denies or passes the buck ({value:.0%})",
        "corporate_denial": "denial is reported ({value:.0%})",
        "fact_denied": "a fact is met with denial",
        "influencer_sharing": "the text calls for or reports amplification ({value:.0%})",
        "promotion": "the complaint is paid promotion",
        "proof": "picture or film as proof",
        "deletion": "the brand deleted {count:.0f} message(s)",
        "hand_off": "the brand sends its customers elsewhere",
        "out_of_sight": "the brand moves it to private messages",
        "contradiction": "the brand denies what it had admitted",
        "silence": "no answer for {hours}",
        "harm": "people were hurt, put in danger or laid open",
        "persistence": "the first author came back {count:.0f} time(s)",
        "complainants": "{count:.0f} people complain",
        "audience": "{count} followers outside the brand's own audience",
        "influencer": "{count:.0f} influencer(s) take part",
        "forecast": "{count:.0f} shares expected ({low:.0f} to {high:.0f})",
        "explosive": "each share brings {value:.2f} more",
        "media_coverage": "{count:.0f} media author(s) took it up",
        "defenders": "{count:.0f} people take part and have nothing against the brand",
        "answer": "the brand answered and denies nothing",
        "apology": "the brand apologised after {hours}",
        "solution": "the brand offered a solution",
        "gesture": "the brand made a gesture",
        "evasion": "the brand sends people elsewhere ({count:.0f} answers)",
        "contradiction_incident": "the brand admits in one place and denies in another",
        "elsewhere": "{value:.0%} of the complaints name somebody else",
        "amends": "the brand apologises or makes up for it ({count:.0f} messages)",
        "satisfied": "the first author is content",
        "calm": "nothing new for {hours}",
        "baseline": "what is usual",
        "surprise": "{count:.0f} people complain within {hours}, {usual:.1f} are usual",
        "one_sided": "{value:.0%} of those who speak complain, {usual:.0%} is usual",
        "coherence": "the complaints are about one thing ({value:.0%} alike)",
        "hollow": "{value:.0%} of the accounts that complain have hardly a follower",
        "presence": "the brand is answering ({count:.0f} answers)",
        "applause": "customers applaud ({value:.0%})",
        "decline": "complaints are down to {share:.0%} of the peak",
        "silence_incident": "the brand has said nothing for {hours}",
        "incident": "{count:.0f} people report the same thing",
        "resolved": "over",
        "lead": "what people say",
    },
    "fr": {
        "anger": "colère nette ({value:.0%})",
        "objective_fact": "un fait vérifiable ({value:.0%})",
        "corporate_denial_brand": "la marque nie ou renvoie ailleurs ({value:.0%})",
        "corporate_denial": "un déni est rapporté ({value:.0%})",
        "fact_denied": "un fait se heurte au déni",
        "influencer_sharing": "le texte appelle ou constate une diffusion ({value:.0%})",
        "promotion": "la plainte est un message sponsorisé",
        "proof": "photo ou vidéo à l'appui",
        "deletion": "la marque a supprimé {count:.0f} message(s)",
        "hand_off": "la marque renvoie ses clients ailleurs",
        "out_of_sight": "la marque fait passer en messages privés",
        "contradiction": "la marque nie ce qu'elle avait admis",
        "silence": "sans réponse depuis {hours}",
        "harm": "des gens blessés, mis en danger ou exposés",
        "persistence": "l'auteur est revenu {count:.0f} fois",
        "complainants": "{count:.0f} personnes se plaignent",
        "audience": "{count} abonnés hors du public de la marque",
        "influencer": "{count:.0f} influenceur(s) y prennent part",
        "forecast": "{count:.0f} partages attendus ({low:.0f} à {high:.0f})",
        "explosive": "chaque partage en amène {value:.2f}",
        "media_coverage": "{count:.0f} média(s) en parlent",
        "defenders": "{count:.0f} personnes y prennent part sans rien reprocher à la marque",
        "answer": "la marque a répondu sans rien nier",
        "apology": "la marque s'est excusée après {hours}",
        "solution": "la marque a proposé une solution",
        "gesture": "la marque a fait un geste",
        "evasion": "la marque renvoie ailleurs ({count:.0f} réponses)",
        "contradiction_incident": "la marque admet d'un côté et nie de l'autre",
        "elsewhere": "{value:.0%} des plaintes nomment quelqu'un d'autre",
        "amends": "la marque s'excuse ou répare ({count:.0f} messages)",
        "satisfied": "l'auteur est satisfait",
        "calm": "rien de neuf depuis {hours}",
        "baseline": "l'ordinaire",
        "surprise": "{count:.0f} personnes se plaignent en {hours}, {usual:.1f} d'ordinaire",
        "one_sided": "{value:.0%} de ceux qui parlent se plaignent, {usual:.0%} d'ordinaire",
        "coherence": "les plaintes parlent de la même chose ({value:.0%})",
        "hollow": "{value:.0%} des comptes qui se plaignent n'ont presque aucun abonné",
        "presence": "la marque répond ({count:.0f} réponses)",
        "applause": "des clients applaudissent ({value:.0%})",
        "decline": "les plaintes sont tombées à {share:.0%} du pic",
        "silence_incident": "la marque ne dit rien depuis {hours}",
        "incident": "{count:.0f} personnes signalent la même chose",
        "resolved": "terminé",
        "lead": "ce qu'on en dit",
    },
}

_SLOT = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def phrase(lang: str, name: str, **values: object) -> str:
    """The phrase `name` in the language of a BCP 47 tag, filled in."""
    known = _PHRASES.get(lang.split("-")[0].lower(), _PHRASES["en"])
    return known[name].format(**values)


def duration(hours: float) -> str:
    """`40 min`, `5 h` or `3 d`."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"


def crowd(people: int) -> str:
    """`850`, `12 k` or `1.3 M`."""
    if people < 10_000:
        return str(people)
    return f"{people / 1000:.0f} k" if people < 1_000_000 else f"{people / 1_000_000:.1f} M"


def spoken(notes: Iterable[str]) -> str:
    """The language (`en`, `fr`) that most of these notes are phrases of; English when in doubt."""
    found = Counter(lang for note in notes for lang, known in _shapes() if known.fullmatch(note))
    return max(_PHRASES, key=lambda lang: (found[lang], lang == "en"))


def retold(note: str, lang: str) -> str:
    """A note that was written with `phrase`, in another language; any other text as it is."""
    known = _PHRASES.get(lang.split("-")[0].lower(), _PHRASES["en"])
    if any(_held(text).fullmatch(note) for text in known.values()):
        return note
    for other in _PHRASES.values():
        for name, text in other.items():
            if found := _held(text).fullmatch(note):
                values = found.groupdict()
                return _SLOT.sub(r"{\1}", known[name]).format(**values)
    return note


@cache
def _held(text: str) -> re.Pattern[str]:
    """A pattern of a phrase that holds what fills it in."""
    parts = _SLOT.split(text)
    names = (f"(?P<{part}>.+)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts))
    return re.compile("".join(names))


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """One pattern per language: any of its phrases, with whatever fills them in."""
    return tuple(
        (lang, re.compile("|".join(_blank(text) for text in known.values())))
        for lang, known in _PHRASES.items()
    )


def _blank(text: str) -> str:
    return ".+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", text))
