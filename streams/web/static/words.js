// Words, numbers and times in the language of whoever looks.

import { en } from "./en.js";
import { fr } from "./fr.js";
import { kept } from "./kept.js";

const TURNS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const LANGUAGES = { en, fr };

export let lang = Object.hasOwn(LANGUAGES, kept.language() ?? "")
  ? kept.language()
  : navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
let known = LANGUAGES[lang];
let tools = formatters();

/** Speaks the other language from now on. */
export function switchLanguage() {
  lang = lang === "fr" ? "en" : "fr";
  kept.language(lang);
  known = LANGUAGES[lang];
  tools = formatters();
}

function formatters() {
  // The country of whoever looks says how dates and numbers are written, in whichever language.
  const country = new Intl.Locale(navigator.language).maximize().region ?? "";
  const place = navigator.languages.find((one) => one.toLowerCase().split("-")[0] === lang)
    ?? [lang, country].filter(Boolean).join("-");
  const date = (options) => new Intl.DateTimeFormat(place, options);
  const number = (options) => new Intl.NumberFormat(place, options);
  return {
    plural: new Intl.PluralRules(lang),
    compact: number({ notation: "compact", maximumFractionDigits: 1 }),
    plain: number({ maximumFractionDigits: 1 }),
    percent: number({ style: "percent", maximumFractionDigits: 0 }),
    signed: number({
      signDisplay: "always", minimumFractionDigits: 1, maximumFractionDigits: 1,
    }),
    clock: date({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    moment: date({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
    dated: date({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }),
    hour: date({ hour: "2-digit", minute: "2-digit" }),
    day: date({ weekday: "long", day: "numeric", month: "long" }),
    old: date({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  };
}

function filled(text, values) {
  // A name that turns the direction of writing would turn that of the sentence around it.
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? "").replace(TURNS, ""));
}

/** The word or sentence `name`; one that is not known stands for itself, without its dashes. */
export function word(name, values = {}) {
  const found = Object.hasOwn(known, name) ? known[name] : String(name).replace(/[_-]+/g, " ");
  if (Array.isArray(found)) return filled(found[tools.plural.select(values.number ?? 2) === "one" ? 0 : 1], values);
  return filled(found, values);
}

/** `1 person`, `1,204 people`. */
export const counted = (name, number) => word(name, { number, count: count(number) });

/** Whether there is such a word. */
export const has = (name) => Object.hasOwn(known, name);

/** The pairs of a list of words. */
export const pairs = (name) => known[name];

/** The reasons of a case's headline in the language that is spoken. */
export const reasons = (row) => row.reasons[lang] ?? row.headline;

/** Words between the quotation marks of the language; those within a quote are of the other kind. */
export const quotation = (text) => (lang === "fr"
  ? `«\u00a0${text.replace(/«\s*/g, "“").replace(/\s*»/g, "”")}\u00a0»`
  : `“${text}”`);

/** The name of a channel, its own one where it has none of ours. */
export const channel = (name) => (has(`channel_${name}`) ? word(`channel_${name}`) : name);

/** The name of a term of the sum. */
export const signal = (name) => word(has(`${name}_signal`) ? `${name}_signal` : name);

export const count = (value) => (value < 1000 ? tools.plain : tools.compact).format(value);
export const whole = (value) => count(Math.round(value));
export const decimal = (value) => tools.plain.format(Math.round(value * 100) / 100);
export const percent = (value) => tools.percent.format(value);
/** A probability: one that is all but certain is not called so, since nothing is. */
export const chance = (value) => (value > 0.99 ? `> ${percent(0.99)}` : percent(value));
export const weight = (value) => tools.signed.format(value);
export const clock = (date) => tools.clock.format(date);
/** Day and time; with the year where it is another one. */
export const moment = (seconds) => (thisYear(seconds) ? tools.moment : tools.dated).format(seconds * 1000);
export const hour = (seconds) => tools.hour.format(seconds * 1000);
export const day = (seconds) => (thisYear(seconds) ? tools.day : tools.old).format(seconds * 1000);
const thisYear = (seconds) => new Date(seconds * 1000).getFullYear() === new Date().getFullYear();

/** `AL` for Ada Lovelace, null for nobody. */
export function initials(name) {
  const found = [...(name ?? "").matchAll(/(?:^|[\s-])([\p{L}\p{N}])/gu)];
  return found.slice(0, 3).map(([, first]) => first.toLocaleUpperCase()).join("") || null;
}

/** When a case was closed, and by whom. */
export const closing = (row) =>
  word(row.closed_by ? "closedBy" : "closedAlone", { time: moment(row.closed_at), name: row.closed_by });

/** `40 min`, `5 h` or `3 d` for so many seconds, rounded as notes and tickets round it. */
export function lasting(seconds) {
  if (seconds < 3600) return `${Math.max(0, Math.round(seconds / 60))} ${word("min")}`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} ${word("h")}`;
  return `${Math.round(seconds / 86400)} ${word("d")}`;
}

/** `29:12:45`, `2 d 03:12:45`: a clock that ticks, in days where `lasting` is. */
export function ticking(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const days = left < 172800 ? 0 : Math.floor(left / 86400);
  const two = (value) => String(value).padStart(2, "0");
  const time = `${two(Math.floor(left / 3600) - 24 * days)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
  if (days >= 10) return `${days} ${word("d")} ${time.slice(0, 5)}`;
  return days ? `${days} ${word("d")} ${time}` : time;
}
