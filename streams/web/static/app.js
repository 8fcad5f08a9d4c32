// Puts the parts together: what is looked at, keys, language, theme, and how current it all is.

import { ACTIONS, act, askToken, say, who } from "./actions.js";
import * as brands from "./brands.js";
import * as page from "./case.js";
import { asking } from "./dialog.js";
import { button, element, put, set } from "./dom.js";
import { clear, controls, filter, read, search, toggleLevel, write } from "./filters.js";
import { help } from "./help.js";
import { kept, takeToken } from "./kept.js";
import * as list from "./list.js";
import { LEVELS } from "./rank.js";
import { nextTheme, themed } from "./look.js";
import * as notices from "./notices.js";
import { about, beginning, now, on, retry, run, store } from "./store.js";
import { clock, count, counted, initials, lang, lasting, switchLanguage, ticking, word } from "./words.js";

const ABOUT_MS = 15_000;
const BRANDS_MS = 5_000;
const $ = (id) => document.getElementById(id);
const switchTheme = () => {
  nextTheme();
  repaint();
};
const narrow = matchMedia("(max-width: 56rem)");

let view = "cases";
let chosen = null;
let byHand = false;
let before = "waiting";
let restoring = false; // an address is being read: it is not written meanwhile

on("rows", () => {
  list.refresh();
  soon(drawControls);
  soon(first);
});
on("case", page.changed);
on("state", state);
on("risen", (row) => {
  if (row.level === "crisis") say(word("newCrisis", { brand: row.brand, level: word(row.level) }), "bad-news");
});

/** Runs an act once in a while, however often it is asked for. */
const waiting = new Set();
function soon(what) {
  if (waiting.has(what)) return;
  waiting.add(what);
  setTimeout(() => {
    waiting.delete(what);
    what();
  }, 250);
}

/** On a wide page some case is always shown: the most urgent, until one is chosen by hand. */
function first() {
  if (!byHand && chosen === null && !narrow.matches && view === "cases") {
    const caseId = list.first();
    if (caseId) choose(caseId, { keep: false });
    else page.redraw();
  }
}

function choose(caseId, { open = false, keep = true, reveal = false } = {}) {
  chosen = caseId;
  byHand ||= keep && caseId !== null;
  list.mark(caseId, reveal);
  page.show(caseId);
  if (open && narrow.matches) document.body.dataset.pane = "case";
  if (open && narrow.matches) $("case").focus({ preventScroll: true });
  if (keep) remember(open);
}

function back() {
  delete document.body.dataset.pane;
  if (narrow.matches) choose(null);
  $("list").focus({ preventScroll: true });
}

function chooseBrand(name) {
  filter.brand = name;
  filter.state = "open";
  chosen = null;
  byHand = false;
  show("cases", true);
}

function show(name, step = false) {
  view = name;
  document.body.dataset.view = name;
  $("brands-view").hidden = name !== "brands";
  $("cases-view").hidden = name !== "cases";
  $("case").hidden = name !== "cases";
  for (const one of ["cases", "brands"]) {
    if (one === name) $(`to-${one}`).setAttribute("aria-current", "page");
    else $(`to-${one}`).removeAttribute("aria-current");
  }
  if (name === "brands") {
    delete document.body.dataset.pane;
    brands.refresh(chooseBrand, true);
  }
  drawControls();
  list.refresh();
  soon(first);
  remember(step);
}

/**
 * What is looked at stands in the address, so that it can be sent to somebody, and comes again with
 * a reload; a `step` is one that the browser's Back takes back.
 */
function remember(step = false) {
  if (restoring) return;
  const query = new URLSearchParams();
  if (view === "brands") query.set("view", "brands");
  else {
    write(query);
    if (chosen && byHand) query.set("case", chosen);
  }
  const text = query.toString();
  const address = text ? `/?${text}` : "/";
  if (address === location.pathname + location.search) return;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

function go(query) {
  restoring = true;
  read(query);
  $("search").value = filter.words.join(" ");
  chosen = null;
  byHand = false;
  delete document.body.dataset.pane;
  list.mark(null);
  show(query.get("view") === "brands" ? "brands" : "cases");
  const caseId = query.get("case");
  if (caseId) choose(caseId, { open: true });
  else page.show(null);
  restoring = false;
}

/** The tab says how many cases nobody has taken though they ring. */
function title() {
  let ringing = 0;
  for (const row of store.rows.values()) {
    if (!row.acknowledged && LEVELS.indexOf(row.level) < 2 && row.snooze_until <= now()) ringing += 1;
  }
  document.title = ringing ? `(${ringing}) Tocsin` : "Tocsin";
}

function drawControls() {
  title();
  const focused = document.activeElement?.dataset?.key;
  const open = document.activeElement?.tagName === "SELECT" && $("filters").contains(document.activeElement);
  if (open) return; // a list that is open would close
  $("filters").replaceChildren(...controls(() => {
    drawControls();
    $("list").scrollTop = 0;
    list.refresh();
    remember();
  }));
  if (focused) $("filters").querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
}

/** How current the page is, in a word. */
const status = () => word(store.state === "live" && beginning() ? "starting" : store.state);

function state() {
  if (store.state === "live" && before !== "live") page.again();
  before = store.state;
  document.body.dataset.state = store.state;
  put($("status"), status());
  const lines = [];
  if (store.state === "lost") {
    const times = store.heardAt && { time: clock(store.lostAt), heard: clock(store.heardAt) };
    lines.push(times ? word("lostSince", times) : word("never"));
  } else if (store.state === "locked") lines.push(word(kept.token() ? "tokenWrong" : "lockedWhy"));
  else if (store.state === "live") {
    if (store.fault) lines.push(word("fault"));
    else if (store.starting) lines.push(word("startingWhy", { problems: store.problems.join(", ") }));
    else if (!store.complete) lines.push(word("reading"));
    if (store.problems.length && !store.starting) lines.push(word("problems", { problems: store.problems.join(", ") }));
  }
  const banner = $("banner");
  const text = lines.join(" ");
  if (banner.dataset.text !== text + lang) {
    banner.dataset.text = text + lang;
    banner.hidden = !text;
    banner.replaceChildren(element("span", "", text));
    if (store.state === "lost") banner.append(button("", word("again"), retry));
    if (store.state === "locked") banner.append(button("", word("giveToken"), () => askToken(kept.token() !== null)));
  }
  facts();
  tick();
  list.refresh();
  if (chosen === null) page.redraw();
}

function facts() {
  const parts = [element("span", "shown", counted("shown", Number($("rows").dataset.count ?? 0)))];
  if (store.facts) {
    const sum = (numbers) => Object.values(numbers).reduce((total, one) => total + one, 0);
    parts.push(` · ${count(sum(store.facts.processed))} ${word("processed")} · ${count(sum(store.facts.lag))} ${word("lag")}`);
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) parts.push(` · ${word("timesIn", { zone })}`);
  $("facts").replaceChildren(...parts);
}

/** Clocks that run go on; while nobody is heard they stand still. */
function tick() {
  const at = now();
  for (const one of document.querySelectorAll("[data-since]")) {
    const seconds = at - Number(one.dataset.since);
    put(one, one.dataset.form === "long" ? ticking(seconds) : lasting(seconds));
  }
}

// Language, theme, name -----------------------------------------------------------------------

function speak() {
  document.documentElement.lang = lang;
  for (const one of document.querySelectorAll("[data-word]")) put(one, word(one.dataset.word));
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", word(one.dataset.label));
  for (const one of document.querySelectorAll("[data-placeholder]")) one.placeholder = word(one.dataset.placeholder);
  put($("language"), lang === "fr" ? "EN" : "FR");
  $("language").setAttribute("aria-label", word("toLanguage"));
  $("language").title = word("toLanguage");
  $("language").lang = lang === "fr" ? "en" : "fr";
  $("help").title = word("keys");
  put($("status"), status());
  named();
  themed();
}

function named() {
  put($("me"), kept.name() ?? word("you"));
  set($("me"), "data-initials", initials(kept.name())); // a phone has room for these alone
  $("me").title = kept.name() ?? "";
  $("me").setAttribute("aria-label", `${word("whoAreYou")}: ${kept.name() ?? "–"}`);
}

/** Everything again: charts and rows hold colours and words. */
function repaint() {
  speak();
  list.renew();
  page.redraw();
  drawControls();
  state();
  if (view === "brands") brands.refresh(chooseBrand, true);
}

$("language").addEventListener("click", () => {
  switchLanguage();
  repaint();
});
$("theme").addEventListener("click", switchTheme);
$("me").addEventListener("click", () => who(true));
$("help").addEventListener("click", help);
$("to-cases").addEventListener("click", () => show("cases", true));
$("to-brands").addEventListener("click", () => show("brands", true));
$("search").addEventListener("input", () => {
  search($("search").value);
  if (view !== "cases") show("cases");
  $("list").scrollTop = 0;
  list.refresh();
  soon(remember);
});
document.addEventListener("named", named);
document.addEventListener("back", back);
document.addEventListener("cleared", () => {
  clear();
  $("search").value = "";
  drawControls();
  list.refresh();
  remember();
  $("list").focus();
});
document.addEventListener("state", ({ detail }) => {
  filter.state = detail;
  drawControls();
  list.refresh();
  remember();
  $("list").focus();
});
window.addEventListener("popstate", () => go(new URL(location.href).searchParams));
window.addEventListener("online", retry);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
let width = 0;
new ResizeObserver(([one]) => {
  if (Math.abs(one.contentRect.width - width) < 2) return;
  width = one.contentRect.width;
  soon(page.plot);
}).observe($("case"));

// Keys ----------------------------------------------------------------------------------------

function move(step) {
  if (view !== "cases") return;
  const caseId = list.beside(step);
  if (caseId) choose(caseId, { reveal: true });
}

async function copyLink() {
  if (!chosen) return;
  const address = `${location.origin}/?case=${encodeURIComponent(chosen)}`;
  try {
    await navigator.clipboard.writeText(address);
    say(word("copied"), "good");
  } catch {
    say(address);
  }
}

const KEYS = {
  j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
  PageDown: () => move(list.page()), PageUp: () => move(-list.page()),
  Home: () => move(-Infinity), End: () => move(Infinity),
  Enter: () => chosen && choose(chosen, { open: true }),
  Escape: back,
  "/": () => $("search").focus(),
  "?": help, t: switchTheme, b: () => show("brands", true), c: () => show("cases", true), l: copyLink,
  o: () => document.querySelector("#case .original.button")?.click(),
};
LEVELS.forEach((level, at) => {
  KEYS[String(at + 1)] = () => {
    toggleLevel(level);
    drawControls();
    list.refresh();
    remember();
  };
});
for (const { name, key } of ACTIONS) {
  if (key) KEYS[key] = () => decide(name);
}
KEYS.A = () => decide("acknowledge", "acknowledgeNoted");

/** Does what a button of the case does, as long as the case is there and not only about to come. */
function decide(name, what = name) {
  const story = page.current();
  if (story && document.getElementById(`do-${name}`)) act(what, story.row);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || asking()) return;
  const { target } = event;
  // Just after a dialog has closed, the focus may still be in it for a moment.
  if (target.matches("input, select, textarea") && !$("dialog").contains(target)) {
    if (event.key === "Escape") {
      if (target.id === "search" && target.value) {
        target.value = "";
        target.dispatchEvent(new Event("input"));
      }
      $("list").focus();
    }
    if (event.key === "Enter" && target.id === "search") {
      $("list").focus();
      move(-Infinity);
    }
    return;
  }
  if (event.key === "Enter" && target.matches("button, a")) return;
  const moves = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].includes(event.key);
  if (moves && $("case").contains(target)) return; // there they scroll
  if (event.key.length === 1 && kept.keys() === "off") return;
  const does = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (!does) return;
  event.preventDefault();
  does();
});

// Begin ---------------------------------------------------------------------------------------

takeToken();
speak();
list.begin((caseId) => choose(caseId, { open: true }));
notices.begin((caseId) => {
  show("cases");
  choose(caseId, { open: true, reveal: true });
});
go(new URL(location.href).searchParams);
run();
setInterval(tick, 1000);
setInterval(about, ABOUT_MS);
setInterval(() => view === "brands" && brands.refresh(chooseBrand), BRANDS_MS);
