// What happened in a case, told in order: words, answers, deletions, shares, levels, decisions.

import { element, link, marked } from "./dom.js";
import { pill } from "./level.js";
import { LEVELS } from "./rank.js";
import { chance, channel, count, counted, day, hour, lasting, moment, word } from "./words.js";

const TURNING = new Set(["complaint", "media", "answer", "deletion", "edit", "command", "level"]);
const SPOKEN = new Set(["complaint", "voice", "defence", "answer", "media"]);
const LARGE = 10_000; // followers from which a share stands by itself
const SHORTENED = 400; // characters from which an ellipsis at the end is ours
const GLYPHS = {
  complaint: "!", voice: "·", defence: "+", media: "■", share: "↻", shares: "↻", answer: "●",
  deletion: "◆", edit: "✎", command: "▲", level: "",
};

/** The items of a story, oldest first: entries, levels, and shares that follow each other as one. */
export function items(story) {
  const levels = story.messages
    .filter((mark, at) => at === 0 || mark.level !== story.messages[at - 1].level
      || mark.status === "resolved" || story.messages[at - 1].status === "resolved")
    .map((mark) => ({ ...mark, what: "level" }));
  const made = [];
  for (const entry of merged(story.entries, levels)) {
    const before = made.at(-1);
    const small = entry.what === "share" && (entry.followers ?? 0) < LARGE && !entry.words;
    if (!small) made.push(entry);
    else if (before?.what === "shares") before.shares.push(entry);
    else made.push({ what: "shares", at: entry.at, id: entry.id, shares: [entry] });
  }
  return made;
}

/** Entries in the order they are told in, levels at their time and after what is of the same. */
function merged(entries, levels) {
  const made = [];
  let at = 0;
  for (const entry of entries) {
    while (at < levels.length && levels[at].at < entry.at) made.push(levels[at++]);
    made.push(entry);
  }
  return [...made, ...levels.slice(at)];
}

/** The story as a list; `quotes` maps mentions to the words that count. */
export function told(story, quotes, { newest, key }) {
  const chosen = items(story).filter((item) => !key || TURNING.has(item.what));
  if (newest) chosen.reverse();
  const list = element("ol", "story");
  let today = "";
  for (const item of chosen) {
    const date = day(item.at);
    if (date !== today) {
      today = date;
      list.append(element("li", "day", element("h4", "", date)));
    }
    list.append(shown(item, quotes));
  }
  return list;
}

function shown(item, quotes) {
  const time = element("time", "", hour(item.at));
  time.dateTime = new Date(item.at * 1000).toISOString();
  time.title = moment(item.at);
  const glyph = element("span", "glyph", GLYPHS[item.what] ?? "·");
  glyph.setAttribute("aria-hidden", "true");
  const made = element("li", `item ${item.what}`, time, glyph, element("div", "what", ...contents(item, quotes)));
  if (item.what === "answer" && item.answer === "denial") made.classList.add("denial");
  return made;
}

function contents(item, quotes) {
  if (item.what === "level") return level(item);
  if (item.what === "shares") return shares(item.shares);
  if (item.what === "command") return decided(item);
  const silent = SPOKEN.has(item.what) ? element("p", "quiet small", word("quoteErased")) : null;
  const text = item.words ? words(item, quotes.get(item.id) ?? []) : silent;
  return [head(item), text];
}

function level(item) {
  if (item.status === "resolved") return [element("p", "head", element("span", "pill resolved", word("ends")))];
  const name = LEVELS.includes(item.level) ? item.level : "watch";
  return [element("p", "head", pill(name, word("becomes", { level: word(item.level), score: chance(item.score) })))];
}

function shares(all) {
  const followers = all.map((one) => one.followers ?? 0);
  const total = followers.reduce((sum, one) => sum + one, 0);
  const alone = all.length === 1;
  const parts = [alone ? counted("followers", total) : word("sharedReach", { count: count(total) })];
  if (!alone) parts.push(word("largest", { count: count(Math.max(...followers)) }));
  return [element(
    "p", "head",
    element("b", "", counted("sharedBy", all.length)), element("span", "quiet", parts.join(" · ")),
  )];
}

/** What somebody decided, what he found it to be, and what he wrote about it. */
function decided(item) {
  const about = [];
  if (item.for_s) about.push(word("lasts", { time: lasting(item.for_s) }));
  if (item.verdict) about.push(word(`verdict_${item.verdict}`));
  return [
    element("p", "head", element("b", "", decision(item)), element("span", "quiet", about.join(" · "))),
    item.note ? element("blockquote", "", item.note) : null,
  ];
}

function decision(item) {
  const name = `did_${item.action}`;
  return word(name, { by: item.by, assignee: item.assignee ?? "" });
}

function head(item) {
  const about = [];
  const role = item.role ?? "unknown";
  if (role === "brand") about.push(word("roleBrand"));
  else if (role === "media") about.push(word("roleMedia"));
  else about.push(word(role));
  if (item.followers) about.push(counted("followers", item.followers));
  if (item.channel) about.push(channel(item.channel));
  if (item.promoted) about.push(word("promoted"));
  if (item.proof) about.push(word("proof"));
  if (item.linked) about.push(word("linked"));
  if (item.answer && item.what === "answer") about.push(word(`answer_${item.answer}`));
  return element(
    "p", "head",
    element("b", "", title(item)), element("span", "quiet", about.join(" · ")),
    item.url ? link(item.url, word("original")) : null,
  );
}

function title(item) {
  if (item.what === "deletion") return word(item.role === "brand" ? "deletedByBrand" : "deletedByAuthor");
  return word(item.what);
}

/** What was said; a long text is shortened on its way here, and says so. */
function words(item, phrases) {
  const cut = item.words.length > SHORTENED && item.words.endsWith("…");
  const more = cut ? element("span", "quiet small", ` (${word("shortened")})`) : null;
  return element("blockquote", "", ...marked(item.words, phrases), more);
}
