// Asks the worker every two seconds what is open, and shows it.

import { element, list } from "./dom.js";
import { brand, card, details, LEVELS } from "./view.js";
import { count, lang, time, word } from "./words.js";

const EVERY_MS = 2000;
const TIMEOUT_MS = 8000;
const $ = (id) => document.getElementById(id);

let board = null;
let heardAt = null;
let chosenCase = null;
let chosenBrand = null;
let byHand = false;

document.documentElement.lang = lang;
for (const labelled of document.querySelectorAll("[data-word]")) {
  labelled.textContent = word(labelled.dataset.word);
}
say("waiting", word("waiting"));
poll();

async function poll() {
  try {
    const answer = await fetch("/api/board", { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    board = await answer.json();
    heardAt = new Date();
    say("live", word("live"));
    show();
  } catch {
    say("lost", heardAt ? word("lost", { time: time(heardAt) }) : word("never"));
  }
  setTimeout(poll, EVERY_MS);
}

function say(state, text) {
  document.body.dataset.state = state;
  if ($("status").textContent !== text) $("status").textContent = text;
}

function show() {
  const brands = byBrand(board.cases);
  if (chosenBrand !== null && !brands.some((one) => one.name === chosenBrand)) chosenBrand = null;
  const cases = board.cases.filter((open) => chosenBrand === null || open.brand === chosenBrand);
  if (!cases.some((open) => open.case_id === chosenCase)) byHand = false;
  if (!byHand) chosenCase = cases[0]?.case_id ?? null;
  const marked = [{ name: null, counts: {} }, ...brands].map((one) => ({
    ...one, chosen: one.name === chosenBrand,
  }));
  list($("brands"), brands.length ? marked : [], (one) => one.name ?? "", (one) => brand(one, chooseBrand));
  list(
    $("cases"),
    cases.map((open) => ({ open, chosen: open.case_id === chosenCase })),
    (one) => one.open.case_id,
    (one) => card(one, chooseCase),
  );
  $("empty").hidden = cases.length > 0;
  $("empty").textContent = word("none");
  showCase(cases.find((open) => open.case_id === chosenCase));
  showTotals();
}

function showCase(open) {
  const contents = JSON.stringify(open ?? null);
  if ($("case").dataset.contents === contents) return;
  $("case").dataset.contents = contents;
  $("case").replaceChildren(...(open ? details(open) : [element("p", "quiet", word("choose"))]));
}

function showTotals() {
  const totals = LEVELS.map((level) => {
    const number = board.cases.filter((open) => open.level === level).length;
    return element("li", `total ${level}`, element("b", "", count(number)), " ", word(level));
  });
  $("totals").replaceChildren(...totals);
  const sum = (numbers) => Object.values(numbers).reduce((total, one) => total + one, 0);
  const { processed, lag, model, policy } = board.facts;
  $("facts").textContent = [
    `${count(sum(processed))} ${word("processed")}`,
    `${count(sum(lag))} ${word("lag")}`,
    model && `${word("model")} ${model}`,
    `${word("policy")} ${policy}`,
  ].filter(Boolean).join(" · ");
}

/** Brands with open cases, the most urgent first. */
function byBrand(cases) {
  const brands = new Map();
  for (const open of cases) {
    const counts = brands.get(open.brand) ?? {};
    counts[open.level] = (counts[open.level] ?? 0) + 1;
    brands.set(open.brand, counts);
  }
  const urgency = (counts) => LEVELS.map((level) => counts[level] ?? 0);
  return [...brands]
    .map(([name, counts]) => ({ name, counts }))
    .sort((a, b) => {
      const [left, right] = [urgency(a.counts), urgency(b.counts)];
      const place = left.findIndex((number, at) => number !== right[at]);
      return place < 0 ? a.name.localeCompare(b.name) : right[place] - left[place];
    });
}

function chooseBrand(name) {
  chosenBrand = name;
  byHand = false;
  show();
}

function chooseCase(caseId) {
  chosenCase = caseId;
  byHand = true;
  show();
  if (matchMedia("(max-width: 60rem)").matches) $("case-section").scrollIntoView({ block: "start" });
}
