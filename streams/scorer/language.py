"""Which language a text is in: the hint if there is one, else detected."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN = "und"
_SHORT = 40
_NEAR = ("fr", "en")
_FAR = ("fr", "en", "de", "es", "it", "nl", "pt")


@cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=False)
    identifier.set_languages(list(languages))
    return identifier


def language(text: str, hint: str | None = None) -> str:
    """The primary tag of `hint`, else the language found, else `und` where there are no letters.

    A short text is told between French and English alone: it holds too little for more.
    """
    if hint and hint != UNKNOWN:
        return hint.split("-")[0].split("_")[0].lower()
    if not any(char.isalpha() for char in text):
        return UNKNOWN
    languages = _NEAR if len(text) < _SHORT else _FAR
    return str(_identifier(languages).classify(text)[0])
