// The theme: as the system has it, dark or light.

import { put } from "./dom.js";
import { kept } from "./kept.js";
import { word } from "./words.js";

const THEMES = { auto: "◐", dark: "●", light: "○" };
const button = () => document.getElementById("theme");

/** Puts the theme that is chosen on the page and its button. */
export function themed() {
  const theme = kept.theme() ?? "auto";
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  put(button(), THEMES[theme] ?? THEMES.auto);
  button().title = word(`theme_${theme}`);
  button().setAttribute("aria-label", word(`theme_${theme}`));
}

/** Chooses the next one. */
export function nextTheme() {
  const order = Object.keys(THEMES);
  const next = order[(order.indexOf(kept.theme() ?? "auto") + 1) % order.length];
  kept.theme(next === "auto" ? null : next);
}
