// Every open case as the worker tells it, kept current by its events.

import { get, Refused, watch } from "./api.js";
import { kept } from "./kept.js";
import { rank } from "./rank.js";

const PAGE = 2000;
const MOST_CLOSED = 1000;
const STARTING_MS = 1500; // between two looks at a worker that has only just begun
const AGAIN_MS = [500, 1000, 2000, 4000, 8000];

export const store = {
  /** Open cases by id. */
  rows: new Map(),
  /** Cases that were closed lately, by id. */
  closed: new Map(),
  /** "waiting", "live", "lost" or "locked" (a token is asked for). */
  state: "waiting",
  /** When anything came last, by this computer's clock, and since when nothing does. */
  heardAt: null,
  lostAt: null,
  complete: false,
  fault: "",
  problems: [],
  /** Whether the worker has not been ready yet since its start. */
  starting: false,
  facts: null,
};

/** Whether the list may lack cases because the worker has only just begun: not a calm one. */
export const beginning = () => !store.complete || store.starting;

const listeners = { rows: [], state: [], case: [], risen: [] };
let last = "";
let offset = 0; // of event time to this computer's clock, in seconds
let frozen = null;
let wake = null;
let soon = null;

/** Calls `act` when rows change, the state does, one case has (with its id), or reached a higher level. */
export const on = (what, act) => listeners[what].push(act);

const tell = (what, value) => listeners[what].forEach((act) => act(value));

/** Event time in seconds: it goes on with the clock while the worker is heard, and only then. */
export function now() {
  return frozen ?? Date.now() / 1000 + offset;
}

/** Whether nothing is known yet. */
export const empty = () => store.rows.size === 0;

/** Tries at once instead of at the next turn. */
export const retry = () => wake?.();

/** Reads and watches for ever. */
export async function run() {
  for (let failures = 0; ; ) {
    const token = kept.token();
    try {
      if (!last) await load();
      await watch(last, (name, data, id) => {
        failures = 0;
        taken(name, data, id);
      });
      lost(null);
    } catch (error) {
      if (error instanceof Refused && error.status === 401 && token !== kept.token()) {
        continue; // it was given meanwhile
      }
      lost(error);
    }
    const pause = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)];
    failures += 1;
    await new Promise((done) => {
      wake = done;
      setTimeout(done, pause);
    });
  }
}

async function load() {
  const rows = new Map();
  let from = 0;
  let first = null;
  for (;;) {
    const part = await get("cases", { limit: PAGE, offset: from });
    first ??= part.as_of.event;
    part.cases.forEach((row) => rows.set(row.case_id, row));
    from += PAGE;
    if (from >= part.total) break;
  }
  const closed = await get("cases", { state: "closed", limit: PAGE, sort: "oldest" });
  await about(); // before anything is called live
  store.rows = rows;
  store.closed = new Map(closed.cases.map((row) => [row.case_id, row]));
  current(closed.as_of);
  last = first; // what changed while the parts were read is told again
  tell("rows");
}

/** What the worker says of itself. */
export async function about() {
  try {
    const found = await get("about");
    store.facts = found.facts;
    store.problems = found.problems;
    store.starting = found.starting;
    tell("state");
  } catch {
    // the events tell whether it is there
  }
  clearTimeout(soon);
  if (store.starting) soon = setTimeout(about, STARTING_MS);
}

function taken(name, data, id) {
  store.heardAt = new Date();
  if (name === "reset") {
    last = "";
    throw new Error("start over");
  }
  if (name === "case") {
    const { case_id: caseId, open } = data;
    const before = store.rows.get(caseId);
    const risen = open && (!before || rank(data.level) > rank(before.level));
    (open ? store.rows : store.closed).set(caseId, data);
    (open ? store.closed : store.rows).delete(caseId);
    if (store.closed.size > MOST_CLOSED) store.closed.delete(store.closed.keys().next().value);
    tell("rows");
    tell("case", caseId);
    if (risen && !beginning()) tell("risen", data);
  }
  if (name === "clock") current(data);
  if (id) last = id;
}

function current(asOf) {
  const known = store.state === "live" && store.complete === asOf.complete && store.fault === asOf.fault;
  offset = asOf.now - Date.now() / 1000;
  frozen = null;
  store.state = "live";
  store.heardAt = new Date();
  store.complete = asOf.complete;
  store.fault = asOf.fault;
  if (!known) tell("state");
}

function lost(error) {
  if (error?.message === "start over") return;
  frozen ??= now();
  if (store.state !== "lost") store.lostAt = new Date();
  store.state = error instanceof Refused && error.status === 401 ? "locked" : "lost";
  tell("state");
}
