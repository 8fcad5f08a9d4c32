"""What the page says around the customers' own words; another language than these gets English."""

from datetime import UTC, datetime

from scoring.phrases import crowd, duration
from streams.plot import words as plots

LANGUAGES = ("en", "fr")
_EXACT = 10_000
_WORDS = {
    "en": {
        "title": "What Tocsin would have told you",
        "of": "Backtest of {name}",
        "stdin": "standard input",
        "lead": "{cases} out of {mentions} about {brands}, {span}.",
        "lead_none": "No case out of {mentions} about {brands}, {span}.",
        "span": "{begin} to {end}",
        "day": "on {begin}",
        "lead_empty": "The recording holds no mentions.",
        "case_count": "case|cases",
        "brand_count": "brand|brands",
        "paged": "One would have paged somebody, on {time}."
        "|{count} would have paged somebody, the first on {time}.",
        "paged_none": "None would have paged anybody.",
        "utc": "All times are UTC.",
        "more": "The least urgent case is left out.|The {count} least urgent cases are left out.",
        "late": "{count} mention came later than the policy allows and raised no alarm."
        "|{count} mentions came later than the policy allows and raised no alarm.",
        "bad": "{count} line could not be read.|{count} lines could not be read.",
        "cases": "The cases",
        "pages": "Who would have been paged, and when",
        "pages_note": "Messages at the levels escalate and crisis. {others} (watch, respond, "
        "changes, ends) would have waited for somebody to look.",
        "pages_none": "Nobody: no case reached the level escalate.",
        "other": "other message|other messages",
        "when": "When",
        "level": "Level",
        "case": "Case",
        "reason": "Reason",
        "goes_to": "Goes to",
        "nowhere": "no route",
        "reached": "Highest level",
        "first_told": "First told",
        "first_page": "First paged",
        "size": "Size",
        "ended": "Ended",
        "still": "still open",
        "never": "never",
        "what": "What happened",
        "who": "Who",
        "opened": "First mention",
        "chance": "Chance of a crisis",
        "chance_of": "{share} at most",
        "silence": "Longest without an answer",
        "shares": "Shares",
        "expected": "{count}, with {expected} expected in the end ({low} to {high})",
        "course": "How it went",
        "plot": "Plot of {case}: level, score and spread over time; the table says the same.",
        "story": "What happened",
        "why": "Why it reached “{level}” on {time}",
        "why_note": "Each line raises or lowers the odds of a crisis; +0.7 doubles them.",
        "evidence": "Evidence",
        "weight": "Weight",
        "advice": "What to do",
        "becomes": "{level}, chance of a crisis {score}",
        "ends": "Over",
        "original": "Original",
        "complaint": "Complaint",
        "voice": "Said",
        "defence": "Nothing against the brand",
        "media": "Media",
        "share": "Passed on",
        "answer": "The brand answers",
        "post": "The brand posts",
        "deletion_brand": "The brand deleted a post",
        "deletion_author": "The author took it back",
        "edit": "Text changed",
        "command": "Decision",
        "taken_back": "words taken back by their author",
        "promoted": "promoted",
        "proof": "with picture or film",
        "followers": "follower|followers",
        "brand": "the brand",
        "customer": "a customer",
        "influencer": "an influencer",
        "employee": "an employee",
        "unknown": "somebody",
        "by_media": "media",
        "answer_denial": "a denial",
        "answer_gesture": "a gesture",
        "answer_solution": "a solution",
        "answer_request_details": "asks for details",
        "answer_hand_off": "sends elsewhere",
        "answer_apology": "an apology",
        "answer_other": "",
        "until": "until {time}",
        "many_share": "{count} passes it on|{count} pass it on",
        "many_complaint": "{count} complains|{count} complain",
        "many_voice": "{count} more speaks|{count} more speak",
        "many_defence": "{count} has nothing against the brand"
        "|{count} have nothing against the brand",
        "many_answer": "the brand answers once|the brand answers {count} times",
        "many_media": "{count} report by media|{count} reports by media",
        "many_deletion": "{count} deletion|{count} deletions",
        "many_edit": "{count} edit|{count} edits",
        "between": "{count} followers between them",
        "made": "Made by tocsin {version}. Policy {policy}, model {model}.",
        "made_note": "A backtest decides over a recording exactly as the live stream would have. "
        "Personal data in quotes is masked; whoever reads this page reads strangers' words.",
        "restore-deleted-post-reason": "Whoever kept a picture of it shows it now; in every case "
        "on record deleting made it worse.",
        "bring-in-senior-person-reason": "It has outgrown the desk. Somebody with authority who "
        "steps up in time ends the cat and mouse.",
        "admit-publicly-reason": "The complaint holds a fact that anybody can check: a quick, "
        "sincere admission takes its fuel away.",
        "name-one-owner-reason": "The customer was turned away or sent around. One name that stays "
        "ends the passing on.",
        "answer-in-public-reason": "Somebody waits in public, and silence is read as an answer. "
        "Moving it out of sight feeds it.",
        "align-channels-reason": "Answers that contradict each other are quoted side by side.",
        "compensate-and-say-so-reason": "The harm can be checked. A fitting gesture, made in "
        "public, turned such cases round.",
        "wait-and-watch-reason": "Nothing is pressing, and a hasty reaction pours oil on the fire.",
    },
    "fr": {
        "title": "Ce que Tocsin vous aurait dit",
        "of": "Rejeu de {name}",
        "stdin": "l'entrée standard",
        "lead": "{cases} sur {mentions} concernant {brands}, {span}.",
        "lead_none": "Aucun dossier sur {mentions} concernant {brands}, {span}.",
        "span": "du {begin} au {end}",
        "day": "le {begin}",
        "lead_empty": "L'enregistrement ne contient aucune mention.",
        "case_count": "dossier|dossiers",
        "brand_count": "marque|marques",
        "paged": "Un aurait alerté quelqu'un, le {time}."
        "|{count} auraient alerté quelqu'un, le premier le {time}.",
        "paged_none": "Aucun n'aurait alerté personne.",
        "utc": "Toutes les heures sont en UTC.",
        "more": "Le dossier le moins urgent n'est pas raconté."
        "|Les {count} dossiers les moins urgents ne sont pas racontés.",
        "late": "{count} mention est arrivée trop tard pour donner une alerte."
        "|{count} mentions sont arrivées trop tard pour donner une alerte.",
        "bad": "{count} ligne est illisible.|{count} lignes sont illisibles.",
        "cases": "Les dossiers",
        "pages": "Qui aurait été alerté, et quand",
        "pages_note": "Les messages aux niveaux « alerter » et « crise ». {others} (à suivre, "
        "répondre, évolutions, fins) auraient attendu qu'on les regarde.",
        "pages_none": "Personne : aucun dossier n'a atteint le niveau « alerter ».",
        "other": "autre message|autres messages",
        "when": "Quand",
        "level": "Niveau",
        "case": "Dossier",
        "reason": "Motif",
        "goes_to": "Envoyé à",
        "nowhere": "aucune route",
        "reached": "Niveau le plus haut",
        "first_told": "Premier message",
        "first_page": "Première alerte",
        "size": "Ampleur",
        "ended": "Fin",
        "still": "encore ouvert",
        "never": "jamais",
        "what": "Ce qui s'est passé",
        "who": "Qui",
        "opened": "Première mention",
        "chance": "Risque de crise",
        "chance_of": "{share} au plus",
        "silence": "Plus longue attente d'une réponse",
        "shares": "Partages",
        "expected": "{count}, et {expected} attendus au bout du compte (de {low} à {high})",
        "course": "Le cours des choses",
        "plot": "Graphique de {case} : niveau, score et diffusion dans le temps ; "
        "le tableau ci-dessous dit la même chose.",
        "story": "Ce qui s'est passé",
        "why": "Pourquoi le niveau « {level} » le {time}",
        "why_note": "Chaque ligne augmente ou réduit les chances d'une crise ; +0,7 les double.",
        "evidence": "Indice",
        "weight": "Poids",
        "advice": "Que faire",
        "becomes": "{level}, risque de crise {score}",
        "ends": "Terminé",
        "original": "Original",
        "complaint": "Plainte",
        "voice": "Propos",
        "defence": "Rien contre la marque",
        "media": "Médias",
        "share": "Partagé",
        "answer": "La marque répond",
        "post": "La marque publie",
        "deletion_brand": "La marque a supprimé un message",
        "deletion_author": "L'auteur a retiré son message",
        "edit": "Texte modifié",
        "command": "Décision",
        "taken_back": "propos retirés par leur auteur",
        "promoted": "sponsorisé",
        "proof": "avec image ou vidéo",
        "followers": "abonné|abonnés",
        "brand": "la marque",
        "customer": "un client",
        "influencer": "un influenceur",
        "employee": "un employé",
        "unknown": "quelqu'un",
        "by_media": "médias",
        "answer_denial": "un déni",
        "answer_gesture": "un geste",
        "answer_solution": "une solution",
        "answer_request_details": "demande des détails",
        "answer_hand_off": "renvoie ailleurs",
        "answer_apology": "des excuses",
        "answer_other": "",
        "until": "jusqu'au {time}",
        "many_share": "{count} personne le partage|{count} personnes le partagent",
        "many_complaint": "{count} personne se plaint|{count} personnes se plaignent",
        "many_voice": "{count} autre s'exprime|{count} autres s'expriment",
        "many_defence": "{count} n'a rien à lui reprocher|{count} n'ont rien à lui reprocher",
        "many_answer": "la marque répond une fois|la marque répond {count} fois",
        "many_media": "{count} article de presse|{count} articles de presse",
        "many_deletion": "{count} suppression|{count} suppressions",
        "many_edit": "{count} réécriture|{count} réécritures",
        "between": "{count} abonnés au total",
        "made": "Établi par tocsin {version}. Politique {policy}, modèle {model}.",
        "made_note": "Un rejeu décide sur un enregistrement exactement comme le flux l'aurait "
        "fait. Les données personnelles des citations sont masquées ; qui lit cette page lit les "
        "mots d'inconnus.",
        "restore-deleted-post-reason": "Qui en a gardé une image la montre maintenant ; supprimer "
        "a toujours aggravé les choses.",
        "bring-in-senior-person-reason": "L'affaire dépasse le service client. Un responsable qui "
        "intervient à temps met fin au jeu du chat et de la souris.",
        "admit-publicly-reason": "La plainte contient un fait que chacun peut vérifier : un aveu "
        "rapide et sincère lui retire son carburant.",
        "name-one-owner-reason": "Le client a été éconduit ou renvoyé ailleurs. Un nom qui reste "
        "met fin au renvoi de balle.",
        "answer-in-public-reason": "Quelqu'un attend en public, et le silence passe pour une "
        "réponse. Le traiter à l'abri des regards l'alimente.",
        "align-channels-reason": "Des réponses qui se contredisent finissent citées côte à côte.",
        "compensate-and-say-so-reason": "Le tort est vérifiable. Un geste à la hauteur, fait en "
        "public, a retourné de telles affaires.",
        "wait-and-watch-reason": "Rien ne presse, et une réaction précipitée jette de l'huile sur "
        "le feu.",
    },
}


def word(lang: str, name: str, /, **values: object) -> str:
    """The words `name`, filled in; names of levels, states and advice are those of tickets."""
    known = _WORDS[lang]
    return known[name].format(**values) if name in known else plots.word(lang, name, **values)


def counted(lang: str, number: int, name: str) -> str:
    """`1 case`, `1,850 cases`."""
    one, _, many = word(lang, name).partition("|")
    return f"{digits(lang, number)} {one if _single(lang, number) else many}"


def many(lang: str, number: int, name: str, **values: object) -> str:
    """A phrase in its singular or plural, the number within."""
    one, _, several = _WORDS[lang][name].partition("|")
    chosen = one if _single(lang, number) else several
    return chosen.format(count=digits(lang, number), **values)


def digits(lang: str, number: int) -> str:
    """`12,500`, or with thin spaces in French."""
    return f"{number:,}" if lang == "en" else f"{number:,}".replace(",", "\u202f")


def people(lang: str, number: int) -> str:
    """`9,500`, `12 k` or `1.3 M`."""
    if number < _EXACT:
        return digits(lang, number)
    return crowd(number) if lang == "en" else crowd(number).replace(".", ",")


def waiting(lang: str, seconds: float) -> str:
    """`40 min`, `5 h` or `3 d`."""
    text = duration(seconds / 3600)
    return text.replace(" d", " j") if lang == "fr" else text


def weight(lang: str, log_odds: float) -> str:
    """`+1.2`, `−0,8`."""
    text = f"{log_odds:+.1f}".replace("-", "−")
    return text.replace(".", ",") if lang == "fr" else text


def moment(lang: str, at: float) -> str:
    """`9 Sep 2013, 08:29` of a time (seconds)."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{date(lang, at)}, {when:%H:%M}"


def date(lang: str, at: float) -> str:
    """`9 Sep 2013` of a time (seconds)."""
    when = datetime.fromtimestamp(at, UTC)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return plots.day(lang, f"{when.day} {month[when.month - 1]} {when.year}")


def hour(at: float) -> str:
    """`08:29` of a time (seconds)."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"


def _single(lang: str, number: int) -> bool:
    return number == 1 or (lang == "fr" and number == 0)
