"""What the model is asked about: a text, and what is known of its author, place and language."""

from typing import NamedTuple


class Query(NamedTuple):
    """A text as published, its author's role and channel (`models.heads`), and its language.

    `lang` (ISO 639-1) chooses the calibration; `und` is that of all languages.
    """

    text: str
    role: str = "unknown"
    channel: str = "other"
    lang: str = "und"
