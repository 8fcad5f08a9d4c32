// How urgent a case is: a colour, a word, and bars for those who see neither.

import { tell } from "./dialog.js";
import { button, element } from "./dom.js";
import { LEVELS, rank } from "./rank.js";
import { word } from "./words.js";

/** Four bars, as many of them filled as the level's rank. */
export function bars(level) {
  const made = element("span", `bars ${level}`);
  for (let at = 1; at <= LEVELS.length; at += 1) {
    made.append(element("i", at <= rank(level) ? "on" : ""));
  }
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** The level as a label. */
export function pill(level, text = word(level)) {
  return element("span", `pill ${level}`, bars(level), text);
}

/** What each level means, the most urgent first. */
export function meanings() {
  const made = element("dl", "levels-help");
  for (const level of LEVELS) {
    made.append(element("div", "", element("dt", "", pill(level)), element("dd", "", word(`${level}_means`))));
  }
  return made;
}

/** The level as a button that says what the levels mean, and why one outlasts its score. */
export function asked(level) {
  const explain = () => tell(word("levels"), meanings(), element("p", "quiet", word("levelLasts")));
  const made = button("plain asks", "", explain, `${word(level)}: ${word("levels")}`);
  made.append(pill(level));
  made.dataset.key = "level";
  return made;
}
