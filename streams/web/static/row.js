// One case in the list; elements are reused for whichever case comes into view.

import { sparkline } from "./charts.js";
import { element, put, set } from "./dom.js";
import { bars } from "./level.js";
import { now } from "./store.js";
import { chance, channel, closing, count, counted, lasting, quotation, reasons, whole, word } from "./words.js";

let number = 0;

/** An empty row; `choose` gets the id of the case that it shows when it is pressed. */
export function row(choose) {
  const made = element(
    "div", "row",
    element("span", "side"),
    element(
      "span", "line one",
      element("span", "levels"), element("b", "brand"), element("span", "quiet kind"),
      element("span", "grow"), element("span", "score"),
    ),
    element("span", "line two headline"),
    element("span", "line three"),
    element("span", "spark"),
  );
  made.setAttribute("role", "option");
  number += 1;
  made.id = `row-${number}`;
  made.addEventListener("click", () => choose(made.dataset.case));
  return made;
}

/** Forgets the case of a row that is out of view. */
export function empty(made) {
  made.shown = null;
  delete made.dataset.case;
}

/** Shows a case in a row. */
export function show(made, open, chosen) {
  set(made, "aria-selected", chosen);
  const three = made.querySelector(".three");
  if (made.shown === open) {
    const clock = three.querySelector("[data-since]");
    if (clock) put(clock, lasting(now() - open.waiting_since));
    return;
  }
  made.shown = open;
  made.dataset.case = open.case_id;
  made.className = `row ${open.level}${open.acknowledged ? " taken" : ""}${open.open ? "" : " over"}`;
  made.querySelector(".levels").replaceChildren(bars(open.level), word(open.open ? open.level : "resolved"));
  put(made.querySelector(".brand"), open.brand);
  put(made.querySelector(".kind"), open.kind === "incident" ? word("incident") : channel(open.channel));
  put(made.querySelector(".score"), open.open ? chance(open.score) : "");
  put(made.querySelector(".headline"), open.quote ? quotation(open.quote) : reasons(open));
  made.querySelector(".headline").title = said(open);
  three.replaceChildren(...facts(open));
  sparkline(made.querySelector(".spark"), open.trend, open.level);
  made.setAttribute("aria-label", [`${word(open.open ? open.level : "resolved")}, ${open.brand}, ${open.open ? chance(open.score) : closing(open)}: ${said(open)}`, ...spoken(open)].join(", "));
}

/** What the third line shows, for those who hear it; without a clock, which would be read anew. */
function spoken(row) {
  const waits = row.open && row.waiting_since
    ? word("waitsFor", { time: lasting(now() - row.waiting_since) }) : "";
  const taken = row.owner ? word("owner", { name: row.owner }) : row.open ? word("nobody") : "";
  return [waits, counted("people", row.authors), taken].filter(Boolean);
}

const said = (row) => [reasons(row), row.quote && quotation(row.quote)].filter(Boolean).join(" — ");

function facts(open) {
  if (!open.open) return closed(open);
  const made = [];
  if (open.waiting_since && open.open) {
    const clock = element("time", "", lasting(now() - open.waiting_since));
    clock.dataset.since = open.waiting_since;
    clock.dataset.form = "short";
    made.push(element("span", "unanswered", clock, ` ${word("noAnswer")}`));
  }
  made.push(element("span", "", counted("people", open.authors)));
  made.push(element("span", "", word("reached", { count: count(open.reach) })));
  if (open.shares) {
    const more = Math.round(open.forecast_shares) > open.shares ? ` → ${whole(open.forecast_shares)}` : "";
    made.push(element("span", "", word("shareCount", { number: open.shares + more.length, count: `${count(open.shares)}${more}` })));
  }
  if (open.open && cooling(open)) made.push(element("span", "", word("cooling")));
  if (open.snooze_until > now()) made.push(element("span", "owner", word("snoozed")));
  if (open.owner) made.push(element("span", "owner", open.owner));
  return made;
}

/** When it was closed and by whom, and what it was found to be. */
function closed(row) {
  const made = [element("span", "", closing(row))];
  if (row.verdict) made.push(element("span", "owner", word(`verdict_${row.verdict}`)));
  made.push(element("span", "", counted("people", row.authors)));
  return made;
}

/** Whether it was twice as likely before: its level falls later than its score. */
const cooling = (open) => open.score < 0.5 && open.score < Math.max(...open.trend) / 2;
