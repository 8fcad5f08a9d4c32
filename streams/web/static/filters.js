// Which cases the list shows, and in which order.

import { button, element } from "./dom.js";
import { kept } from "./kept.js";
import { bars } from "./level.js";
import { LEVELS, rank } from "./rank.js";
import { now, store } from "./store.js";
import { channel, count, reasons, word } from "./words.js";

const STATES = ["open", "unacknowledged", "mine", "snoozed", "closed"];
const SORTS = ["urgency", "newest", "oldest", "silence", "reach"];
const sleeps = (row) => Number(row.snooze_until > now());
const ORDERS = {
  // What sleeps comes last, and at each level what somebody has after what nobody has.
  urgency: (a, b) => sleeps(a) - sleeps(b) || rank(b.level) - rank(a.level)
    || a.acknowledged - b.acknowledged || b.score - a.score,
  newest: (a, b) => b.opened_at - a.opened_at,
  oldest: (a, b) => a.opened_at - b.opened_at,
  silence: (a, b) => (a.waiting_since || Infinity) - (b.waiting_since || Infinity),
  reach: (a, b) => b.reach - a.reach,
};

export const filter = { state: "open", levels: new Set(), brand: "", sort: "urgency", words: [] };

const IN_STATE = {
  open: () => true,
  closed: () => true,
  unacknowledged: (row) => !row.acknowledged,
  mine: (row) => row.owner !== "" && row.owner === kept.name(),
  snoozed: (row) => row.snooze_until > now(),
};

const lastClosed = (a, b) => b.closed_at - a.closed_at; // what is closed is not urgent
const source = () => (filter.state === "closed" ? store.closed : store.rows);

function holds(row, words) {
  const level = word(row.open ? row.level : "resolved");
  const text = [
    row.headline, reasons(row), row.brand, row.owner, row.case_id, row.channel, channel(row.channel), level, word(row.kind),
    row.closed_by,
  ].join(" ").toLocaleLowerCase();
  return words.every((one) => text.includes(one));
}

/** How many cases hold the words that are looked for among the open ones, or those closed. */
export function elsewhere() {
  const state = filter.state === "closed" ? "open" : "closed";
  const rows = state === "closed" ? store.closed : store.rows;
  if (!filter.words.length) return { state, number: 0 };
  return { state, number: [...rows.values()].filter((row) => holds(row, filter.words)).length };
}

/** The cases to show, in order. */
export function found() {
  const { state, levels, brand, words } = filter;
  const rows = [];
  for (const row of source().values()) {
    if (levels.size && !levels.has(row.level)) continue;
    if (brand && row.brand !== brand) continue;
    if (!IN_STATE[state](row)) continue;
    if (words.length) {
      if (!holds(row, words)) continue;
    }
    rows.push(row);
  }
  const order = filter.state === "closed" && filter.sort === "urgency" ? lastClosed : ORDERS[filter.sort];
  return rows.sort((a, b) => order(a, b) || (a.case_id < b.case_id ? -1 : 1));
}

/** Whether anything but the state narrows the list. */
export const narrowed = () =>
  filter.levels.size > 0 || filter.brand !== "" || filter.words.length > 0;

/** Puts what the list shows into an address, as far as it is not what it shows by itself. */
export function write(query) {
  if (filter.state !== "open") query.set("state", filter.state);
  if (filter.levels.size) query.set("level", LEVELS.filter((level) => filter.levels.has(level)).join(","));
  if (filter.brand) query.set("brand", filter.brand);
  if (filter.sort !== "urgency") query.set("sort", filter.sort);
  if (filter.words.length) query.set("q", filter.words.join(" "));
}

/** Takes what the list shows from an address; what it says is no filter of ours is passed over. */
export function read(query) {
  const one = (name, allowed) => (allowed.includes(query.get(name)) ? query.get(name) : allowed[0]);
  filter.state = one("state", STATES);
  filter.sort = one("sort", SORTS);
  filter.brand = query.get("brand") ?? "";
  filter.levels = new Set((query.get("level") ?? "").split(",").filter((level) => LEVELS.includes(level)));
  search(query.get("q") ?? "");
}

/** Looks for words. */
export function search(text) {
  filter.words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
}

/** Shows everything open again. */
export function clear() {
  Object.assign(filter, { state: "open", brand: "", words: [] });
  filter.levels.clear();
}

export function toggleLevel(level) {
  if (!filter.levels.delete(level)) filter.levels.add(level);
}

/** The controls; `changed` is called after each. */
export function controls(changed) {
  const tallies = Object.fromEntries(STATES.map((state) => [state, 0]));
  const levels = Object.fromEntries(LEVELS.map((level) => [level, 0]));
  const brands = new Set();
  for (const row of store.rows.values()) {
    for (const state of STATES.slice(0, 4)) tallies[state] += IN_STATE[state](row) ? 1 : 0;
    brands.add(row.brand);
  }
  for (const row of source().values()) if (IN_STATE[filter.state](row)) levels[row.level] += 1;
  tallies.closed = store.closed.size;
  if (filter.brand) brands.add(filter.brand);
  const act = (change) => () => {
    change();
    changed();
  };
  const tabs = element("div", "tabs", ...STATES.map((state) => {
    const made = button("tab", word(state), act(() => (filter.state = state)));
    if (tallies[state]) made.append(" ", element("span", "tally", count(tallies[state])));
    made.setAttribute("aria-pressed", String(filter.state === state));
    made.dataset.key = `state-${state}`;
    return made;
  }));
  const chips = element("div", "chips", ...LEVELS.map((level) => {
    const made = button(`chip ${level}`, "", act(() => toggleLevel(level)));
    made.append(bars(level), word(level), " ", element("b", "", String(levels[level])));
    made.setAttribute("aria-pressed", String(filter.levels.has(level)));
    made.dataset.key = `level-${level}`;
    return made;
  }));
  const brand = select("brand", ["", ...[...brands].sort()], filter.brand, (name) => name || word("allBrands"),
    (value) => act(() => (filter.brand = value))());
  const sort = select("sort", SORTS, filter.sort, word, (value) => act(() => (filter.sort = value))());
  return [tabs, element("div", "narrow", chips, element("span", "grow"), brand, sort)];
}

function select(name, values, chosen, text, act) {
  const made = element("select", "", ...values.map((value) => {
    const option = element("option", "", text(value));
    option.value = value;
    option.selected = value === chosen;
    return option;
  }));
  made.setAttribute("aria-label", word(name));
  made.dataset.key = name;
  made.addEventListener("change", () => act(made.value));
  return made;
}
