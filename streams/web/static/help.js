// What can be looked up at any time: every key, what the levels mean, and what is told by itself.

import { tell } from "./dialog.js";
import { element } from "./dom.js";
import { kept } from "./kept.js";
import { meanings } from "./level.js";
import { hear, show, wanted } from "./notices.js";
import { pairs, word } from "./words.js";

/** Shows it in a dialog. */
export function help() {
  const rows = pairs("keysList").map(([keys, what]) =>
    element("div", "", element("dt", "", ...keys.split(/(, | ou | or | to | à )/).map((part, at) =>
      at % 2 ? part : element("kbd", "", part))), element("dd", "", what)));
  // Who speaks to the computer, or types by accident, can do without (WCAG 2.1.4).
  const single = element("input");
  Object.assign(single, { type: "checkbox", name: "single", checked: kept.keys() !== "off" });
  single.addEventListener("change", () => kept.keys(single.checked ? null : "off"));
  const choice = element("label", "check", single, word("singleKeys"));
  const levels = [element("h3", "", word("levels")), meanings(), element("p", "quiet", word("levelLasts"))];
  tell(word("keys"), element("dl", "keys", ...rows), choice, notices(), ...levels);
}

/** Both are off until somebody switches them on here. */
function notices() {
  const refused = element("p", "wrong");
  refused.setAttribute("role", "alert");
  const shown = box("notify", wanted.shown(), async (yes) => {
    shown.checked = await show(yes);
    refused.replaceChildren(yes && !shown.checked ? word("notifyRefused") : "");
  });
  const heard = box("sound", wanted.heard(), hear);
  const made = element(
    "fieldset", "options", element("legend", "", word("notices")),
    element("label", "check", shown, word("notifyMe")), element("label", "check", heard, word("soundMe")),
    element("p", "quiet small", word("noticesWhy")), refused,
  );
  return made;
}

function box(name, checked, act) {
  const made = element("input");
  Object.assign(made, { type: "checkbox", name, checked });
  made.addEventListener("change", () => act(made.checked));
  return made;
}
