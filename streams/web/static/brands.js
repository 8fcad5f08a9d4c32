// Every brand: its open cases, and mentions and complaints over time.

import { get } from "./api.js";
import { activity } from "./charts.js";
import { button, element } from "./dom.js";
import { bars } from "./level.js";
import { LEVELS } from "./rank.js";
import { chance, count, counted, word } from "./words.js";

const SPANS = [["24h", "hours24"], ["7d", "days7"], ["30d", "days30"]];
const $ = (id) => document.getElementById(id);

let span = "24h";
let found = null;
let contents = "";

/** Reads and draws; `choose` gets the brand whose cases are wanted. */
export async function refresh(choose, anew = false) {
  if (anew) contents = "";
  try {
    found = await get("brands", { window: span });
  } catch {
    // what is known stays; the banner tells the rest
  }
  if (found) draw(choose);
}

function draw(choose) {
  const now = JSON.stringify([found.brands, span]);
  if (now === contents) return;
  contents = now;
  const place = $("brands-view");
  const focused = document.activeElement?.dataset?.key;
  const tabs = element("div", "tabs", ...SPANS.map(([value, name]) => {
    const made = button("tab", word(name), () => {
      span = value;
      refresh(choose, true);
    });
    made.setAttribute("aria-pressed", String(span === value));
    made.dataset.key = `span-${value}`;
    return made;
  }));
  tabs.setAttribute("role", "group");
  tabs.setAttribute("aria-label", word("span"));
  const legend = element("p", "legend", element("span", "", element("i", "bar"), word("mentions")),
    element("span", "", element("i", "crisis"), word("complaints")));
  legend.setAttribute("aria-hidden", "true");
  const cards = element("ul", "brands", ...found.brands.map((brand) => card(brand, choose)));
  place.replaceChildren(element("div", "bar-line", element("h2", "", word("brands")), element("span", "grow"), legend, tabs), cards);
  if (!found.brands.length) place.append(element("p", "none", word("brandsNone")));
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  place.querySelectorAll(".plot").forEach((plot, at) => activity(plot, found.brands[at], plot.clientWidth || 300));
}

function card(brand, choose) {
  const mentions = sum(brand.mentions);
  const complaints = sum(brand.complaints);
  const levels = LEVELS.filter((level) => brand.levels[level]).map((level) => {
    const made = element("span", `pill ${level}`, bars(level), `${count(brand.levels[level])} ${word(level)}`);
    return made;
  });
  const head = button("brand-head", "", () => choose(brand.brand));
  head.append(
    element("b", "", brand.brand), element("span", "grow"),
    brand.score ? element("span", "score", chance(brand.score)) : element("span", "quiet", word("calm")),
  );
  head.dataset.key = `brand-${brand.brand}`;
  return element(
    "li", LEVELS.find((level) => brand.levels[level]) ?? "calm",
    head, element("p", "pills", ...levels), element("div", "plot"),
    element("p", "quiet small", `${counted("ofComplaints", complaints)} · ${counted("ofMentions", mentions)}`),
  );
}

const sum = (values) => values.reduce((total, one) => total + one, 0);
