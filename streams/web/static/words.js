// What the console says, in English and French; mentions' own words are never translated.

const WORDS = {
  en: {
    brands: "Brands",
    cases: "Open cases",
    case: "Selected case",
    none: "No open case. All is calm.",
    choose: "Choose a case to see why it is one.",
    recovered: "Recovered after a restart: its numbers come with its next message.",
    waiting: "Connecting…",
    live: "Live",
    lost: "Disconnected: this is what was known at {time}.",
    never: "No worker answers at this address.",
    watch: "watch", respond: "respond", escalate: "escalate", crisis: "crisis",
    incident: "incident", conversation: "conversation",
    processed: "messages worked off", lag: "waiting", open: "open",
    all: "All brands",
    why: "Why", advice: "What to do", original: "Open the original",
    silence: "silence", silent: "silent for {time}", answered: "answered",
    mentions: ["mention", "mentions"], authors: ["author", "authors"], shares: ["share", "shares"],
    reach: "reached",
    forecast: "expected", reproduction: "reproduction",
    score: "chance of a crisis within 24 hours",
    model: "model", policy: "policy", since: "since", episode: "episode {number}",
    min: "min", h: "h", d: "d",
    baseline: "baseline", anger: "anger", objective_fact: "objective fact",
    corporate_denial: "corporate denial", fact_denied: "fact denied",
    influencer_sharing: "call to share", promotion: "promotion", proof: "proof",
    deletion: "deletion", persistence: "persistence",
    complainants: "complainants", audience: "audience", influencer: "influencers",
    explosive: "explosive", media_coverage: "media", answer: "answer",
    satisfied: "satisfied", calm: "calm", surprise: "surprise", coherence: "coherence",
    presence: "presence", applause: "applause", decline: "decline", forecast_signal: "forecast",
    "restore-deleted-post": "Restore the deleted post, and say so",
    "bring-in-senior-person": "Bring in a senior person, by name",
    "admit-publicly": "Admit in public what is true",
    "name-one-owner": "Name one person who owns it to the end",
    "answer-in-public": "Answer where it was asked, in public",
    "align-channels": "Say the same on every channel",
    "compensate-and-say-so": "Make good the damage, and say so",
    "wait-and-watch": "Wait and watch",
  },
  fr: {
    brands: "Marques",
    cases: "Dossiers ouverts",
    case: "Dossier choisi",
    none: "Aucun dossier ouvert. Tout est calme.",
    choose: "Choisissez un dossier pour voir ses raisons.",
    recovered: "Repris après un redémarrage : ses chiffres viendront avec son prochain message.",
    waiting: "Connexion…",
    live: "En direct",
    lost: "Déconnecté : voici ce qu'on savait à {time}.",
    never: "Personne ne répond à cette adresse.",
    watch: "à suivre", respond: "répondre", escalate: "alerter", crisis: "crise",
    incident: "incident", conversation: "conversation",
    processed: "messages traités", lag: "en attente", open: "ouverts",
    all: "Toutes les marques",
    why: "Pourquoi", advice: "Que faire", original: "Voir l'original",
    silence: "silence", silent: "sans réponse depuis {time}", answered: "répondu",
    mentions: ["mention", "mentions"], authors: ["auteur", "auteurs"],
    shares: ["partage", "partages"], reach: "touchés",
    forecast: "attendus", reproduction: "reproduction",
    score: "probabilité d'une crise sous 24 heures",
    model: "modèle", policy: "règles", since: "depuis", episode: "épisode {number}",
    min: "min", h: "h", d: "j",
    baseline: "base", anger: "colère", objective_fact: "fait objectif",
    corporate_denial: "déni de la marque", fact_denied: "fait nié",
    influencer_sharing: "appel au partage", promotion: "publicité", proof: "preuve",
    deletion: "suppression", persistence: "insistance",
    complainants: "plaignants", audience: "audience", influencer: "influenceurs",
    explosive: "explosif", media_coverage: "médias", answer: "réponse",
    satisfied: "satisfait", calm: "calme", surprise: "surprise", coherence: "cohérence",
    presence: "présence", applause: "applaudissements", decline: "décrue",
    forecast_signal: "prévision",
    "restore-deleted-post": "Rétablir le message supprimé, et le dire",
    "bring-in-senior-person": "Faire intervenir un dirigeant, nommément",
    "admit-publicly": "Reconnaître publiquement ce qui est vrai",
    "name-one-owner": "Nommer un seul responsable jusqu'au bout",
    "answer-in-public": "Répondre là où la question est posée, en public",
    "align-channels": "Dire la même chose sur tous les canaux",
    "compensate-and-say-so": "Dédommager, et le dire",
    "wait-and-watch": "Attendre et observer",
  },
};

export const lang = navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";

/** The word or sentence `name`; a name that is not known stands for itself, without its dashes. */
export function word(name, values = {}) {
  const known = Object.hasOwn(WORDS[lang], name) ? WORDS[lang][name] : name.replace(/[_-]+/g, " ");
  const text = Array.isArray(known) ? known[1] : known;
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
}

const plural = new Intl.PluralRules(lang);

/** `1 author`, `12 authors`. */
export function counted(number, name) {
  const known = WORDS[lang][name];
  const text = Array.isArray(known) ? known[plural.select(number) === "one" ? 0 : 1] : word(name);
  return `${count(number)} ${text}`;
}

/** The name of a term of the sum; the forecast's number has another. */
export function signal(name) {
  return word(name === "forecast" ? "forecast_signal" : name);
}

const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
const signed = new Intl.NumberFormat(lang, {
  signDisplay: "always", minimumFractionDigits: 1, maximumFractionDigits: 1,
});
const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });

export const count = (value) => compact.format(value);
export const share = (value) => percent.format(value);
export const weight = (value) => signed.format(value);
export const time = (date) => clock.format(date);
export const date = (value) => day.format(new Date(value));

/** `40 min`, `5 h` or `3 d` for so many seconds. */
export function lasting(seconds) {
  if (seconds < 3600) return `${Math.round(seconds / 60)} ${word("min")}`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} ${word("h")}`;
  return `${Math.round(seconds / 86400)} ${word("d")}`;
}
