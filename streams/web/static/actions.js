// What people decide about a case: asked for in a dialog where there is something to say, sent as a
// command, and shown as done once the stream has taken it.

import { drawn, Refused, send } from "./api.js";
import { ask, field, options, text } from "./dialog.js";
import { button, element } from "./dom.js";
import { kept } from "./kept.js";
import { on, retry, store } from "./store.js";
import { word } from "./words.js";

const HOUR = 3600;
const SPANS = [["hour1", HOUR], ["hours4", 4 * HOUR], ["day1", 24 * HOUR], ["days3", 72 * HOUR], ["week1", 168 * HOUR]];
const SHOWN_MS = 6000;

/** Each with its key; `when` tells for which cases it makes sense. */
export const ACTIONS = [
  { name: "acknowledge", key: "a", when: (row) => row.open && !row.acknowledged },
  { name: "assign", key: "s", when: (row) => row.open },
  { name: "snooze", key: "z", when: (row) => row.open },
  { name: "resolve", key: "r", when: (row) => row.open },
  { name: "notCrisis", key: "f", when: () => true },
  { name: "wasCrisis", key: "", when: (row) => !row.open },
];

const FORMS = {
  acknowledge: () => ({}),
  assign: () => {
    const me = kept.name();
    const owners = [...new Set([...store.rows.values()].map((row) => row.owner).filter(Boolean))];
    const input = text("assignee", me ?? "", { required: true, list: owners, max: 256 });
    return ask(word("assign"), [field(word("assignTo"), input)]);
  },
  snooze: () => ask(word("snooze"), [
    options(word("snoozeFor"), "for_s", SPANS.map(([name, seconds]) => [String(seconds), word(name)]), String(4 * HOUR)),
    element("p", "quiet", word("snoozeWhy")),
  ]),
  resolve: () => ask(word("resolve"), [
    element("p", "quiet", word("resolveWhy")),
    options(word("whatWasIt"), "verdict", [["", word("noOpinion")], ["crisis", word("aCrisis")], ["no_crisis", word("noCrisis")]], ""),
    field(word("note"), text("note", "", { max: 1000 }), word("noteHelp")),
  ]),
  notCrisis: () => judged("notCrisis", "no_crisis"),
  wasCrisis: () => judged("wasCrisis", "crisis"),
};

async function judged(name, verdict) {
  const given = await ask(word(name), [
    element("p", "quiet", word("notCrisisWhy")),
    field(word("note"), text("note", "", { max: 1000 }), word("noteHelp")),
  ]);
  return given && { ...given, verdict };
}

const SENT_AS = { notCrisis: "resolve", wasCrisis: "resolve" };

/** Asks what there is to ask, and sends it. */
export async function act(name, row) {
  if (!(await who())) return;
  const given = await FORMS[name](row);
  if (!given) return;
  const decision = { id: drawn(), action: SENT_AS[name] ?? name, case_id: row.case_id, episode: row.episode, by: kept.name() };
  for (const [key, value] of Object.entries(given)) {
    if (value) decision[key] = key === "for_s" ? Number(value) : value;
  }
  await dispatch(decision);
}

async function dispatch(decision) {
  const toast = say(word("sent"), "pending");
  try {
    await send(decision);
    toast.waits = { caseId: decision.case_id, action: decision.action };
    setTimeout(() => toast.remove(), 4 * SHOWN_MS);
  } catch (error) {
    toast.remove();
    if (error instanceof Refused && error.status === 401) {
      if (await askToken()) await dispatch(decision);
      return;
    }
    const reason = error instanceof Refused ? error.message : word("unreachable");
    const failed = say(word("failed", { reason }), "bad");
    failed.append(button("", word("again"), () => {
      failed.remove();
      dispatch(decision);
    }));
    setTimeout(() => failed.remove(), 5 * SHOWN_MS);
  }
}

on("case", (caseId) => {
  for (const toast of document.querySelectorAll("#toasts > p")) {
    if (toast.waits?.caseId !== caseId) continue;
    const { action } = toast.waits;
    toast.waits = null;
    toast.className = "good";
    toast.replaceChildren(word(`done_${action}`));
    setTimeout(() => toast.remove(), SHOWN_MS);
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
export async function askToken() {
  const input = text("token", "", { required: true, secret: true, max: 512 });
  const given = await ask(word("token"), [field(word("token"), input, word("tokenWhy"))]);
  if (!given?.token) return false;
  kept.token(given.token.trim());
  retry();
  return true;
}
