// What a brand, a case and its reasons look like.

import { element, link } from "./dom.js";
import { count, counted, date, lasting, share, signal, weight, word } from "./words.js";

export const LEVELS = ["crisis", "escalate", "respond", "watch"];

const chip = (level, text = word(level)) => element("span", `chip ${level}`, text);

/** The headline without its level, brand and score, which are shown beside it. */
const reasons = (headline) => headline.replace(/^\[[A-Z]+\] .*?%: /, "");

/** One brand with its number of open cases by level. */
export function brand({ name, counts, chosen }, choose) {
  const chips = LEVELS.filter((level) => counts[level]).map((level) => {
    const made = chip(level, String(counts[level]));
    made.title = word(level);
    return made;
  });
  const button = element("button", "", element("b", "", name ?? word("all")), ...chips);
  button.setAttribute("aria-pressed", String(chosen));
  button.addEventListener("click", () => choose(name));
  return element("li", "", button);
}

/** One open case as a card. */
export function card({ open, chosen }, choose) {
  const said = open.escalation;
  const head = element(
    "span", "head",
    chip(open.level), element("b", "", open.brand),
    said ? element("span", "score", share(said.score)) : null,
  );
  const button = element(
    "button", open.level, head,
    element("span", "headline", said ? reasons(said.headline) : open.case_id),
    said ? element("span", "numbers", numbers(said)) : null,
  );
  button.setAttribute("aria-pressed", String(chosen));
  button.addEventListener("click", () => choose(open.case_id));
  return element("li", "", button);
}

function numbers(said) {
  const parts = [
    counted(said.spread.authors, "authors"),
    counted(said.spread.shares, "shares"),
    counted(said.spread.reach, "reach"),
  ];
  if (said.silence_s > 0) parts.push(word("silent", { time: lasting(said.silence_s) }));
  return parts.join(" · ");
}

/** A whole case: numbers, reasons, advice. */
export function details(open) {
  const said = open.escalation;
  if (!said) return [title(open), element("p", "quiet", word("recovered"))];
  return [
    title(open),
    element("p", "headline", reasons(said.headline)),
    facts(said),
    element("h3", "", word("why")),
    why(said.why),
    ...advice(said.advice),
    link(said.url, word("original")),
    element("p", "quiet small", `${word("model")} ${said.model} · ${word("policy")} ${said.policy}`),
  ].filter(Boolean);
}

function title(open) {
  const said = open.escalation;
  const about = [word(said?.kind ?? "conversation")];
  if (said) about.push(`${word("since")} ${date(said.opened_at)}`);
  if (said?.episode > 1) about.push(word("episode", { number: said.episode }));
  return element(
    "header", "",
    element("h3", "", chip(open.level), " ", open.brand),
    said ? meter(said) : null,
    element("p", "quiet small", about.join(" · ")),
  );
}

function meter(said) {
  const filled = element("i", said.level);
  filled.style.width = `${100 * said.score}%`;
  return element(
    "div", "meter",
    element("b", "", share(said.score)), element("span", "quiet small", word("score")),
    element("span", "track", filled),
  );
}

function facts(said) {
  const spread = said.spread;
  const low = count(spread.forecast_low);
  const shown = [
    [word("silence"), said.silence_s > 0 ? lasting(said.silence_s) : word("answered")],
    [word("mentions"), count(spread.mentions)],
    [word("authors"), count(spread.authors)],
    [word("reach"), count(spread.reach)],
    [word("shares"), count(spread.shares)],
    [word("forecast"), `${count(spread.forecast_shares)} (${low}–${count(spread.forecast_high)})`],
    [word("reproduction"), count(spread.reproduction)],
  ];
  const pairs = shown.map(([name, value]) =>
    element("div", "", element("dt", "", name), element("dd", "", value)));
  return element("dl", "facts", ...pairs);
}

function why(terms) {
  const largest = Math.max(...terms.map((term) => Math.abs(term.weight)), 1e-9);
  const rows = terms.map((term) => {
    const bar = element("i", term.weight < 0 ? "lowers" : "raises");
    bar.style.width = `${50 * Math.abs(term.weight) / largest}%`;
    return element(
      "li", "",
      element("span", "signal", signal(term.signal)),
      element("span", "bar", bar),
      element("span", "weight", weight(term.weight)),
      element("span", "note", term.note, term.quote ? element("q", "", term.quote) : null),
    );
  });
  return element("ol", "why", ...rows);
}

function advice(keys) {
  if (!keys.length) return [];
  const list = element("ul", "advice", ...keys.map((key) => element("li", "", word(key))));
  return [element("h3", "", word("advice")), list];
}
