// One case: what it is, what to do, why, how it went, and what happened.

import { get, Refused } from "./api.js";
import { ACTIONS, act } from "./actions.js";
import { course } from "./charts.js";
import { button, element, link, marked, put } from "./dom.js";
import { asked } from "./level.js";
import { beginning, empty, now, retry } from "./store.js";
import { told } from "./story.js";
import { chance, channel, closing, count, counted, decimal, has, lang, lasting, moment, quotation, reasons, signal, ticking, weight, whole, word } from "./words.js";

const AGAIN_MS = 1500; // between two looks at a case that changes all the time
const MOST_SEEN = 30;
const ROOM = 50; // characters of the text shown on each side of a quote
const REASONS = {
  "restore-deleted-post": ["deletion"],
  "bring-in-senior-person": ["media_coverage", "corporate_denial"],
  "admit-publicly": ["fact_denied", "objective_fact"],
  "name-one-owner": ["corporate_denial"],
  "answer-in-public": ["silence"],
  "align-channels": ["corporate_denial"],
  "compensate-and-say-so": ["objective_fact", "complainants"],
};
const $ = (id) => document.getElementById(id);

let shown; // id of the case on the page, null for none
let story = null;
let reading = 0;
let timer = null;
let behind = false; // the last look failed: what is shown may be old
const seen = new Map(); // stories that were looked at lately, by id
let view = { newest: false, key: true };

/** The story on the page, null for none. */
export const current = () => (story && story.row.case_id === shown ? story : null);

/** Shows a case, or that none is chosen. */
export function show(caseId) {
  if (caseId === shown) return;
  shown = caseId;
  story = null;
  clearTimeout(timer);
  timer = null;
  $("case").scrollTop = 0;
  if (caseId === null) unchosen();
  else {
    story = seen.get(caseId) ?? null;
    if (story) draw();
    else if (!$("case").querySelector(".case")) nothing(word("loading"));
    read();
  }
}

/** The worker is heard again: looks again at what could not be read, or may have changed. */
export function again() {
  if (shown && (behind || story)) read();
}

/** The case changed: looks again, soon and not too often. */
export function changed(caseId) {
  if (caseId === shown && timer === null) {
    timer = setTimeout(() => {
      timer = null;
      read();
    }, story ? AGAIN_MS : 0);
  }
}

/** Draws anew what is there: in another language, theme or width. */
export function redraw() {
  if (story) draw();
  else if (shown === null) unchosen();
}

function unchosen() {
  if (empty() && beginning()) nothing(word("noneYet"));
  else if (empty()) nothing(word("none"), word("listens"));
  else nothing(word("choose"), word("chooseKeys"));
}

async function read() {
  const asked = shown;
  const turn = (reading += 1);
  try {
    const found = await get("case", { id: asked });
    if (turn !== reading || asked !== shown) return;
    const same = story && JSON.stringify({ ...story, as_of: 0 }) === JSON.stringify({ ...found, as_of: 0 });
    story = found;
    behind = false;
    remember(asked, found);
    if (!same || !$("case").querySelector(".case")) draw();
  } catch (error) {
    if (turn !== reading || asked !== shown) return;
    behind = true;
    if (error instanceof Refused && error.status === 404) {
      seen.delete(asked);
      story = null;
      nothing(word("gone"));
    } else if (!story) {
      nothing(word("unread"));
      const more = button("", word("again"), () => {
        retry();
        read();
      });
      more.dataset.key = "again";
      $("case").querySelector(".nothing").append(more);
    }
  }
}

/** Keeps the last stories, so that they can be looked at while nobody answers. */
function remember(caseId, found) {
  seen.delete(caseId);
  seen.set(caseId, found);
  if (seen.size > MOST_SEEN) seen.delete(seen.keys().next().value);
}

function nothing(...lines) {
  $("case").replaceChildren(element("div", "nothing", ...lines.map((line) => element("p", "", line))));
}

function draw() {
  const place = $("case");
  const { scrollTop } = place;
  const focused = document.activeElement?.dataset?.key;
  const inside = place.contains(document.activeElement);
  const selected = String(getSelection()).length > 0 && place.contains(getSelection().anchorNode);
  if (selected && place.dataset.case === shown) return changed(shown); // somebody is copying
  place.dataset.case = shown;
  const side = element("div", "side-column", advice(), why());
  const main = element("div", "main-column", charts(), happened());
  place.replaceChildren(element("div", "case", header(), numbers(), element("div", "columns", side, main)));
  place.scrollTop = scrollTop;
  // What was pressed may be gone now that it is done.
  if (focused && inside) (place.querySelector(`[data-key="${focused}"]`) ?? place).focus({ preventScroll: true });
  plot();
}

function header() {
  const { row } = story;
  const about = [word(row.kind), row.channel && channel(row.channel), word("since", { time: moment(row.opened_at) })];
  if (row.episode > 1) about.push(word("episode", { number: row.episode }));
  const state = element("p", "state");
  state.append(row.owner ? word("owner", { name: row.owner }) : row.open ? word("nobody") : "");
  if (!row.open) state.append(row.owner ? " · " : "", closing(row));
  if (row.open && row.owner && !row.acknowledged) state.append(` (${word("takenTo")})`);
  if (row.snooze_until > now()) state.append(" · ", word("snoozedUntil", { time: moment(row.snooze_until) }));
  const calmer = row.open && row.score < Math.max(...row.trend, ...story.messages.map((one) => one.score)) / 2;
  if (calmer) state.append(" · ", word("stillOpen", { level: word(row.level) }));
  if (row.verdict) state.append(" · ", word(`verdict_${row.verdict}`));
  const back = button("plain back", `‹ ${word("back")}`, () => document.dispatchEvent(new CustomEvent("back")));
  back.dataset.key = "back";
  const { quote } = row;
  const original = story.url ? link(story.url, word("openOriginal"), "original button") : null;
  return element(
    "header", `head ${row.level}`, back,
    element(
      "div", "title",
      row.open ? asked(row.level) : element("span", "pill resolved", word("resolved")),
      element("h2", "", row.brand),
      element("span", "quiet", about.filter(Boolean).join(" · ")),
    ),
    quote ? element("p", "headline", quotation(quote)) : null,
    element("p", quote ? "reasons" : "headline", reasons(row)),
    element("div", "do", ...ACTIONS.filter((one) => one.when(row)).flatMap(doing), original),
    state,
  );
}

/** A decision's button; beside the one that takes a case, one to say something with it. */
function doing(action) {
  const { name } = action;
  if (name !== "acknowledge") return [pressed(action)];
  const more = button("noted", "…", () => act("acknowledgeNoted", story.row), word("withNote"));
  more.title = word("withNote");
  more.setAttribute("aria-keyshortcuts", "Shift+A");
  more.dataset.key = "noted";
  return [element("span", "joined", pressed(action), more)];
}

function pressed({ name, key, label }) {
  const made = button(name === "acknowledge" ? "primary" : "", word(label ?? name), () => act(name, story.row));
  if (key) {
    made.append(element("kbd", "", key));
    made.querySelector("kbd").setAttribute("aria-hidden", "true");
    made.setAttribute("aria-keyshortcuts", key);
  }
  made.dataset.key = name;
  made.id = `do-${name}`;
  return made;
}

function numbers() {
  const { row, points } = story;
  const latest = points.at(-1);
  const made = [
    row.open ? fact("chance", chance(row.score), word("chanceShort"), meter(row)) : null,
    silence(row),
    fact("", count(row.authors), word("authors"), counted("followers", row.reach)),
    shares(row, latest),
  ];
  if (row.kind === "incident") made.push(fact("", decimal(story.pace), word("paceName")));
  else {
    const effect = word(row.reproduction >= 1 ? "explosive" : "fading");
    made.push(fact("", decimal(row.reproduction), word("reproductionName"), row.shares ? effect : null));
  }
  return element("dl", "numbers", ...made.filter(Boolean));
}

/** How often it was shared, and how often it will have been in the end. */
function shares(row, latest) {
  const more = row.kind !== "incident" && Math.round(row.forecast_shares) > row.shares && row.open;
  if (!more) return fact("", count(row.shares), word("sharesName"));
  const range = word("forecastRange", {
    low: whole(latest?.forecast_low ?? 0), high: whole(latest?.forecast_high ?? 0),
  });
  return fact("", `${count(row.shares)} → ${whole(row.forecast_shares)}`, word("forecastName"), range);
}

function fact(name, value, label, more = null) {
  return element(
    "div", name, element("dt", "", label), element("dd", "", value),
    more ? element("dd", "more", more) : null,
  );
}

function meter(row) {
  const filled = element("i", row.level);
  filled.style.width = `${100 * row.score}%`;
  const made = element("span", "meter", filled);
  made.title = word("chance");
  made.setAttribute("aria-hidden", "true"); // the number beside it says the same
  return made;
}

function silence(row) {
  if (!row.waiting_since || !row.open) return fact("silence", "–", word("waitingFor"), row.open ? word("answered") : null);
  const clock = element("time", "", ticking(now() - row.waiting_since));
  clock.dataset.since = row.waiting_since;
  clock.dataset.form = "long";
  return fact("silence waits", clock, word("waitingFor"), word("since", { time: moment(row.waiting_since) }));
}

function advice() {
  const items = story.advice.map((key) => {
    const terms = REASONS[key] ?? [];
    const term = story.why.find((one) => terms.includes(one.signal) && one.weight > 0);
    const why = [word(has(`${key}-reason`) ? `${key}-reason` : key)];
    return element(
      "li", "", element("b", "", word(key)),
      element("p", "", ...why, term ? element("span", "because", ` ${word("because", { note: silent(term) ?? noted(term) })}`) : null),
    );
  });
  if (!items.length) return element("section", "advice", element("h3", "", word("advice")), element("p", "quiet", word("adviceNone")));
  return element("section", "advice", element("h3", "", word("advice")), element("ol", "", ...items));
}

/** The note of a reason, in the language that is spoken. */
const noted = (term) => story.notes[story.why.indexOf(term)]?.[lang] ?? term.note;

/** For how long nobody has been answered by now, not when the reason was written; null for others. */
function silent(term) {
  const { row } = story;
  const waits = term.signal === "silence" && row.open && row.waiting_since;
  return waits ? word("silentFor", { time: lasting(now() - row.waiting_since) }) : null;
}

function why() {
  const largest = Math.max(...story.why.map((term) => Math.abs(term.weight)), 1e-9);
  const said = new Map(story.entries.map((entry) => [entry.id, entry]));
  const rows = story.why.map((term) => {
    const bar = element("i", term.weight < 0 ? "lowers" : "raises");
    bar.style.width = `${50 * Math.abs(term.weight) / largest}%`;
    return element(
      "li", "",
      element("span", "signal", signal(term.signal)),
      element("span", "bar", bar),
      element("span", "weight", weight(term.weight)),
      element("p", "note", silent(term) ?? noted(term)),
      quoted(term, said.get(term.mention_id)),
    );
  });
  const note = element("p", "quiet small", word("whyNote"));
  return element("section", "why", element("h3", "", word("why")), element("ol", "", ...rows), note);
}

/** The words that carried a signal, among those around them where these are known. */
function quoted(term, entry) {
  if (!term.quote && !entry?.words) return null;
  const address = entry?.url ? link(entry.url, word("original")) : null;
  const found = term.quote ? around(entry?.words ?? "", term.quote) : clipped(entry.words);
  return element("blockquote", "", ...found, address ? " " : "", address);
}

/** The quote, marked, with some of the text on both sides; by itself where the text has it not. */
function around(words, quote) {
  const begin = quote.split("…")[0].trim();
  const at = begin.length > 2 ? words.indexOf(begin) : -1;
  if (at < 0) return [element("mark", "", quote)];
  const from = at < ROOM ? 0 : words.indexOf(" ", at - ROOM) + 1;
  const to = Math.min(words.length, Math.max(at + quote.length + ROOM, from + 2 * ROOM));
  const part = `${from ? "… " : ""}${words.slice(from, to)}${to < words.length ? "…" : ""}`;
  return marked(part, [quote]);
}

const clipped = (words) => [words.length > 3 * ROOM ? `${words.slice(0, 3 * ROOM).trimEnd()}…` : words];

function charts() {
  const legend = element("p", "legend", ...["media", "answer", "deletion", "complaint", "command"].map((name) => {
    const mark = element("i", name);
    return element("span", "", mark, word(name));
  }));
  legend.setAttribute("aria-hidden", "true");
  return element(
    "section", "course", element("h3", "", word("course")), element("p", "readout"), element("div", "plots"), legend,
  );
}

/** The charts, at the width that there is. */
export function plot() {
  const place = document.querySelector("#case .plots");
  if (!place || !story) return;
  const out = document.querySelector("#case .readout");
  const rest = story.points.at(-1);
  const tell = (point) => put(out, point ? readout(point) : rest ? readout(rest) : "");
  tell(null);
  course(place, story, {
    score: word("chartScore"), shares: word("chartShares"),
    reproduction: word("chartReproduction"), pace: word("chartPace"),
    label: (chart) => word("chartLabel", { chart }),
  }, tell);
}

function readout(point) {
  const parts = [moment(point.at), chance(point.score)];
  if (story.row.kind === "incident") parts.push(`${decimal(point.pace ?? 0)} ${word("paceName").toLocaleLowerCase()}`);
  else {
    parts.push(`${count(point.shares ?? 0)} ${word("sharesSeen")}`);
    parts.push(`${whole(point.forecast_shares ?? 0)} ${word("expected")} (${whole(point.forecast_low ?? 0)}–${whole(point.forecast_high ?? 0)})`);
    parts.push(`${word("reproductionName").toLocaleLowerCase()} ${decimal(point.reproduction ?? 0)}`);
  }
  return parts.join(" · ");
}

function happened() {
  const quotes = new Map();
  for (const term of story.why) {
    if (term.quote) quotes.set(term.mention_id, [...(quotes.get(term.mention_id) ?? []), term.quote]);
  }
  const place = element("div", "", told(story, quotes, view));
  const toggle = (name, label) => {
    const made = button("small-button", word(label), () => {
      view[name] = !view[name];
      draw();
    });
    made.setAttribute("aria-pressed", String(view[name]));
    made.dataset.key = `story-${name}`;
    return made;
  };
  const passed = story.passed_over ? element("p", "quiet small", counted("passedOver", story.passed_over)) : null;
  if (!story.entries.length) place.append(element("p", "quiet", word("storyNone")));
  return element(
    "section", "happened",
    element("div", "bar-line", element("h3", "", word("story")), element("span", "grow"),
      toggle("key", "key"), toggle("newest", "newestFirst")),
    place, passed,
    element("p", "quiet small", [
      `${word("model")} ${story.model}`, `${word("policy")} ${story.policy}`, story.row.case_id,
    ].join(" · ")),
  );
}

