// What can be looked up at any time: every key, and what the levels mean.

import { tell } from "./dialog.js";
import { element } from "./dom.js";
import { kept } from "./kept.js";
import { meanings } from "./level.js";
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
  tell(word("keys"), element("dl", "keys", ...rows), choice, ...levels);
}
