// How urgent a case is: a colour, a word, and bars for those who see neither.

import { element } from "./dom.js";
import { word } from "./words.js";

/** The levels, the most urgent first. */
export const LEVELS = ["crisis", "escalate", "respond", "watch"];

export const rank = (level) => LEVELS.length - LEVELS.indexOf(level);

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
