"""What tickets say around the customers' own words, in the languages that Tocsin speaks.

A language that is not here gets English. The playbook's sentences are those of the console.
"""

from scoring.phrases import crowd

_WORDS = {
    "en": {
        "test": "TEST, please ignore",
        "open": "opened",
        "update": "changed",
        "resolved": "over",
        "acknowledged": "in hand: {by}",
        "released": "nobody has it: {by} gave it back",
        "level": "Level",
        "watch": "watch",
        "respond": "respond",
        "escalate": "escalate",
        "crisis": "crisis",
        "chance": "A crisis within 24 hours if nothing is done: {share}",
        "why": "Why",
        "advice": "What to do",
        "spread": "So far",
        "mention": "mention|mentions",
        "author": "author|authors",
        "share": "share|shares",
        "follower": "follower reached|followers reached",
        "expected": "{count} shares expected ({low} to {high})",
        "silence": "no answer for {time}",
        "original": "The original",
        "console": "In the console",
        "case": "Case",
        "since": "since",
        "do-acknowledge": "Acknowledge",
        "do-resolve": "Resolve",
        "restore-deleted-post": "Restore the deleted post, and say so",
        "bring-in-senior-person": "Bring in a senior person, by name",
        "admit-publicly": "Admit in public what is true",
        "name-one-owner": "Name one person who owns it to the end",
        "answer-in-public": "Answer where it was asked, in public",
        "align-channels": "Say the same on every channel",
        "compensate-and-say-so": "Make good the damage, and say so",
        "wait-and-watch": "Wait and watch",
    },
    "fr": {
        "test": "TEST, à ignorer",
        "open": "ouvert",
        "update": "évolution",
        "resolved": "terminé",
        "acknowledged": "pris en charge : {by}",
        "released": "personne ne s'en charge : {by} l'a rendu",
        "level": "Niveau",
        "watch": "à suivre",
        "respond": "répondre",
        "escalate": "alerter",
        "crisis": "crise",
        "chance": "Une crise sous 24 heures si rien n'est fait : {share}",
        "why": "Pourquoi",
        "advice": "Que faire",
        "spread": "Jusqu'ici",
        "mention": "mention|mentions",
        "author": "auteur|auteurs",
        "share": "partage|partages",
        "follower": "abonné touché|abonnés touchés",
        "expected": "{count} partages attendus ({low} à {high})",
        "silence": "sans réponse depuis {time}",
        "original": "L'original",
        "console": "Dans la console",
        "case": "Dossier",
        "since": "depuis",
        "do-acknowledge": "Prendre en charge",
        "do-resolve": "Clore",
        "restore-deleted-post": "Rétablir le message supprimé, et le dire",
        "bring-in-senior-person": "Faire intervenir un dirigeant, nommément",
        "admit-publicly": "Reconnaître publiquement ce qui est vrai",
        "name-one-owner": "Nommer un seul responsable jusqu'au bout",
        "answer-in-public": "Répondre là où la question est posée, en public",
        "align-channels": "Dire la même chose sur tous les canaux",
        "compensate-and-say-so": "Dédommager, et le dire",
        "wait-and-watch": "Attendre et observer",
    },
}


def counted(lang: str, number: int, name: str) -> str:
    """`1 author`, `850 authors`, `12 k authors`; French counts none as one."""
    one, _, many = word(lang, name).partition("|")
    single = number == 1 or (number == 0 and lang.startswith("fr"))
    return f"{crowd(number)} {one if single else many}"


def word(lang: str, name: str, **values: object) -> str:
    """The word or sentence `name`, filled in; a name that is not known stands for itself."""
    known = _WORDS.get(lang.split("-")[0].lower(), _WORDS["en"])
    return known[name].format(**values) if name in known else name.replace("-", " ")
