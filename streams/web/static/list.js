// The list of cases: however many there are, only those in view are elements.

import { button, element, put, set } from "./dom.js";
import { elsewhere, filter, found, narrowed } from "./filters.js";
import { empty, row as makeRow, show } from "./row.js";
import { beginning } from "./store.js";
import { counted, word } from "./words.js";

const BEYOND = 6; // rows kept ready above and below the view
const $ = (id) => document.getElementById(id);

let rows = [];
let chosen = null;
let pool = [];
let height = 0;
let choose = () => {};
let waiting = false;
let last = 0; // place of the chosen case when it was last in the list

/** Sets up the list; `act` is called with the id of a case that is chosen. */
export function begin(act) {
  choose = act;
  $("list").addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(() => {
    height = 0;
    draw();
  }).observe($("list"));
}

/** Draws soon; however often it is asked for, once a frame. */
export function refresh() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    rows = found();
    placed();
    draw();
  });
}

/** Throws away what is drawn, because words or colours are other ones now. */
export function renew() {
  pool.forEach((one) => one.remove());
  pool = [];
  height = 0;
  refresh();
}

/** Marks a case as the one that is looked at; `reveal` scrolls it into view. */
export function mark(caseId, reveal = false) {
  chosen = caseId;
  placed();
  if (reveal) {
    const at = rows.findIndex((one) => one.case_id === caseId);
    const list = $("list");
    const top = at * measured();
    if (at >= 0 && top < list.scrollTop) list.scrollTop = top;
    else if (at >= 0 && top + measured() > list.scrollTop + list.clientHeight) {
      list.scrollTop = top + measured() - list.clientHeight;
    }
  }
  draw();
}

function placed() {
  const at = rows.findIndex((one) => one.case_id === chosen);
  if (at >= 0) last = at;
}

/** The id of the case `step` places after the chosen one, of the first where none is chosen. */
export function beside(step) {
  const at = rows.findIndex((one) => one.case_id === chosen);
  // Where the chosen one has left the list, the next is the one that took its place.
  const gone = chosen === null ? -1 : last - 1;
  const from = at < 0 ? (step > 0 ? gone : gone + 1) : at;
  const place = Math.min(rows.length - 1, Math.max(0, from + step));
  return rows[place]?.case_id ?? null;
}

/** The most urgent case there is to show, drawn already or not, null for none. */
export const first = () => found()[0]?.case_id ?? null;

/** Rows that fit into the view. */
export const page = () => Math.max(1, Math.floor($("list").clientHeight / measured()) - 1);

function measured() {
  if (!height) height = parseFloat(getComputedStyle($("list")).getPropertyValue("--row")) || 76;
  return height;
}

function draw() {
  const list = $("list");
  const step = measured();
  set($("rows"), "data-count", rows.length);
  $("rows").style.height = `${rows.length * step}px`;
  const from = Math.max(0, Math.floor(list.scrollTop / step) - BEYOND);
  const to = Math.min(rows.length, Math.ceil((list.scrollTop + list.clientHeight) / step) + BEYOND);
  while (pool.length < to - from) {
    const made = makeRow((caseId) => choose(caseId));
    pool.push(made);
    $("rows").append(made);
  }
  let active = null;
  pool.forEach((made, at) => {
    const place = from + at;
    made.hidden = place >= to;
    if (made.hidden) {
      empty(made); // nothing looks for a case and finds what is not shown
      return;
    }
    const one = rows[place];
    made.style.transform = `translateY(${place * step}px)`;
    set(made, "aria-posinset", place + 1);
    set(made, "aria-setsize", rows.length);
    show(made, one, one.case_id === chosen);
    if (one.case_id === chosen) active = made.id;
  });
  set(list, "aria-activedescendant", active);
  none();
}

function none() {
  const note = $("none");
  note.hidden = rows.length > 0;
  $("list").classList.toggle("bare", rows.length === 0);
  put($("facts").querySelector(".shown") ?? $("facts"), counted("shown", rows.length));
  if (note.hidden) return;
  const calm = filter.state === "open" && !narrowed();
  const text = beginning() && calm ? word("noneYet") : word(calm ? "none" : "noneFound");
  const other = elsewhere();
  const more = other.number ? word("elsewhere", { count: other.number, state: word(other.state) }) : "";
  if (note.dataset.text === text + more) return;
  note.dataset.text = text + more;
  note.replaceChildren(element("span", "", text));
  if (more) {
    const go = () => document.dispatchEvent(new CustomEvent("state", { detail: other.state }));
    note.append(button("", more, go));
  }
  if (!calm) {
    const act = () => document.dispatchEvent(new CustomEvent("cleared"));
    note.append(button("", word("clear"), act));
  }
}
