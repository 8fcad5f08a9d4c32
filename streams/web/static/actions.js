// What people decide about a case: asked for in a dialog where there is something to say, sent as a
// command, and shown as done once the stream has taken it.

import { drawn, Refused, send } from "./api.js";
import { ask, field, options, text } from "./dialog.js";
import { button, element } from "./dom.js";
import { kept } from "./kept.js";
import { now, on, retry, store } from "./store.js";
import { word } from "./words.js";

const HOUR = 3600;
const SPANS = [["hour1", HOUR], ["hours4", 4 * HOUR], ["day1", 24 * HOUR], ["days3", 72 * HOUR], ["week1", 168 * HOUR]];
const SHOWN_MS = 6000;
const UNDO_MS = 20_000;

/** Each with its key; `when` tells for which cases it makes sense. */
export const ACTIONS = [
  { name: "acknowledge", key: "a", when: (row) => row.open && !row.acknowledged },
  { name: "assign", key: "s", when: (row) => row.open },
  { name: "release", key: "", when: (row) => row.open && row.owner !== "" },
  { name: "snooze", key: "z", when: (row) => row.open },
  { name: "wake", key: "", when: (row) => row.open && row.snooze_until > now() },
  { name: "resolve", key: "r", when: (row) => row.open },
  { name: "notCrisis", key: "f", when: () => true },
  { name: "wasCrisis", key: "", when: (row) => !row.open },
  // An incident that is over is none any more: the next one has a life of its own.
  { name: "reopen", key: "", when: (row) => !row.open && row.kind !== "incident" },
];

/** Room for a line to colleagues, which the story tells beside the decision. */
const noted = (help = "noteShown") => field(word("note"), text("note", "", { max: 1000 }), word(help));

const FORMS = {
  acknowledge: () => ({}),
  acknowledgeNoted: () => ask(word("withNote"), [noted()]),
  release: () => ({}),
  wake: () => ({}),
  reopen: () => ({}),
  assign: () => {
    const me = kept.name();
    const owners = [...new Set([...store.rows.values()].map((row) => row.owner).filter(Boolean))];
    const input = text("assignee", me ?? "", { required: true, list: owners, max: 256 });
    return ask(word("assign"), [field(word("assignTo"), input), noted()]);
  },
  snooze: () => ask(word("snooze"), [
    options(word("snoozeFor"), "for_s", SPANS.map(([name, seconds]) => [String(seconds), word(name)]), String(4 * HOUR)),
    element("p", "quiet", word("snoozeWhy")),
    noted(),
  ]),
  resolve: () => ask(word("resolve"), [
    element("p", "quiet", word("resolveWhy")),
    options(word("whatWasIt"), "verdict", [["", word("noOpinion")], ["crisis", word("aCrisis")], ["no_crisis", word("noCrisis")]], ""),
    noted("noteHelp"),
  ]),
  notCrisis: (row) => judged("notCrisis", "no_crisis", row),
  wasCrisis: (row) => judged("wasCrisis", "crisis", row),
};

async function judged(name, verdict, row) {
  const given = await ask(word(name), [
    element("p", "quiet", word(row.open ? "notCrisisWhy" : "verdictWhy")),
    noted("noteHelp"),
  ]);
  return given && { ...given, verdict };
}

const SENT_AS = { notCrisis: "resolve", wasCrisis: "resolve", acknowledgeNoted: "acknowledge" };

/** What takes a decision back, in its order, given how the case stood before; none where nothing does. */
function undoing(action, row) {
  const owner = row.owner ? { action: "assign", assignee: row.owner } : { action: "release" };
  const left = Math.round(row.snooze_until - now());
  const asleep = left >= 60 ? { action: "snooze", for_s: left } : { action: "wake" };
  if (action === "acknowledge") return row.owner ? [] : [owner];
  if (action === "assign" || action === "release") return [owner];
  if (action === "snooze") return row.owner ? [asleep] : [asleep, owner];
  if (action === "wake") return left >= 60 ? [asleep] : [];
  if (action !== "resolve" || !row.open || row.kind === "incident") return [];
  const opened = { action: "reopen", episode: row.episode };
  return row.owner ? [opened, { ...owner, episode: row.episode + 1 }] : [opened];
}

async function undo(steps, row) {
  for (const step of steps) {
    const decision = { id: drawn(), case_id: row.case_id, episode: row.episode, by: kept.name(), ...step };
    if (!(await dispatch(decision))) return;
  }
}

const underWay = (caseId, action) => [...document.querySelectorAll("#toasts > p")]
  .some((toast) => toast.waits?.caseId === caseId && toast.waits.action === action);

const begun = new Set(); // what is being asked for or sent, and shows no toast yet

/** Asks what there is to ask, and sends it; the same twice in a row is sent once. */
export async function act(name, seen) {
  // A page may show for a moment what the list knows to be over.
  const row = store.rows.get(seen.case_id) ?? store.closed.get(seen.case_id) ?? seen;
  const meant = ACTIONS.find((one) => one.name === (SENT_AS[name] ?? name));
  if (name !== "notCrisis" && name !== "wasCrisis" && !meant.when(row)) return;
  const deed = `${meant?.name ?? name} ${row.case_id}`;
  if (begun.has(deed) || underWay(row.case_id, SENT_AS[name] ?? name)) return;
  begun.add(deed);
  try {
    await asked(name, row);
  } finally {
    begun.delete(deed);
  }
}

async function asked(name, row) {
  if (!(await who())) return;
  const given = await FORMS[name](row);
  if (!given) return;
  const decision = { id: drawn(), action: SENT_AS[name] ?? name, case_id: row.case_id, episode: row.episode, by: kept.name() };
  for (const [key, value] of Object.entries(given)) {
    if (value) decision[key] = key === "for_s" ? Number(value) : value;
  }
  const steps = undoing(decision.action, row);
  await dispatch(decision, steps.length ? () => undo(steps, row) : null);
}

/** Sends a decision; whether it was taken. `back` takes it back. */
async function dispatch(decision, back = null) {
  const toast = say(word("sent"), "pending");
  const open = store.rows.has(decision.case_id);
  const done = open || decision.action !== "resolve" ? decision.action : "verdict";
  toast.waits = { caseId: decision.case_id, action: decision.action, done, back, sent: false };
  try {
    await send(decision);
    if (toast.waits) toast.waits.sent = true;
    setTimeout(() => toast.remove(), 4 * SHOWN_MS);
    return true;
  } catch (error) {
    toast.remove();
    if (error instanceof Refused && error.status === 401) {
      return (await askToken(kept.token() !== null)) ? dispatch(decision, back) : false;
    }
    const reason = error instanceof Refused ? error.message : word("unreachable");
    const failed = say(word("failed", { reason }), "bad");
    failed.append(button("", word("again"), () => {
      failed.remove();
      dispatch(decision, back);
    }));
    setTimeout(() => failed.remove(), 5 * SHOWN_MS);
    return false;
  }
}

on("case", (caseId) => {
  for (const toast of document.querySelectorAll("#toasts > p")) {
    if (toast.waits?.caseId !== caseId || !toast.waits.sent) continue;
    const { done, back } = toast.waits;
    toast.waits = null;
    toast.className = "good";
    toast.replaceChildren(word(`done_${done}`));
    if (back) {
      toast.append(button("", word("undo"), () => {
        toast.remove();
        back();
      }));
    }
    setTimeout(() => toast.remove(), back ? UNDO_MS : SHOWN_MS);
  }
});

/** A line at the foot of the page for a while; it is read out. */
export function say(line, kind = "") {
  const made = element("p", kind, line);
  document.getElementById("toasts").append(made);
  if (kind !== "pending" && kind !== "bad") setTimeout(() => made.remove(), SHOWN_MS);
  return made;
}

/** The name of whoever decides, asked for once. */
export async function who(anew = false) {
  if (kept.name() && !anew) return kept.name();
  const input = text("name", kept.name() ?? "", { required: true, max: 256 });
  const given = await ask(word("whoAreYou"), [field(word("name"), input, word("nameWhy"))]);
  if (given?.name.trim()) kept.name(given.name.trim());
  document.dispatchEvent(new CustomEvent("named"));
  return given ? kept.name() : null;
}

/** Asks for the token that changes need, and perhaps reading. */
export async function askToken(wrong = false) {
  const input = text("token", "", { required: true, secret: true, max: 512 });
  const refused = wrong ? element("p", "wrong", word("tokenWrong")) : null;
  refused?.setAttribute("role", "alert");
  const given = await ask(word("token"), [refused, field(word("token"), input, word("tokenWhy"))].filter(Boolean));
  if (!given?.token) return false;
  kept.token(given.token.trim());
  retry();
  return true;
}
