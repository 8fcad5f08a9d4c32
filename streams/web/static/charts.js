// Charts by uPlot, in the colours of the page.

import { element } from "./dom.js";
import { count, decimal, hour, lang, moment, percent } from "./words.js";
import uPlot from "./vendor/uplot.js";

const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const probe = element("span", "unseen");

/** The colour of a variable of the style sheet as it is now. */
export function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** The same colour, less of it. */
const faint = (name, share) => {
  const [r, g, b] = colour(name).match(/[\d.]+/g);
  return `rgba(${r}, ${g}, ${b}, ${share})`;
};

const BARE = {
  legend: { show: false },
  cursor: { show: false },
  axes: [{ show: false }, { show: false }],
  padding: [2, 2, 2, 2],
};

/** A small line of scores, 0 to 1, in `place`; a line that is there gets the new numbers. */
export function sparkline(place, values, level) {
  const numbers = values.length > 1 ? values : [values[0] ?? 0, values[0] ?? 0];
  const data = [numbers.map((_, at) => at), numbers];
  if (place.plot && place.level === level) {
    place.plot.setData(data);
    return;
  }
  place.plot?.destroy();
  place.level = level;
  place.plot = new uPlot({
    ...BARE,
    width: 64,
    height: 20,
    scales: { x: { time: false }, y: { range: [0, 1] } },
    series: [{}, { stroke: colour(level), width: 1.5, fill: faint(level, 0.12), points: { show: false } }],
  }, data, place);
  quiet(place);
}

/** Bars of mentions with the complaints among them. */
export function activity(place, { since, step_s: step, mentions, complaints }, width) {
  place.plot?.destroy();
  const bars = uPlot.paths.bars({ size: [0.8, 20], align: 1 });
  const times = mentions.map((_, at) => since + at * step);
  place.plot = new uPlot({
    ...BARE,
    width,
    height: 44,
    scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(4, high)] } },
    series: [
      {},
      { fill: colour("bar"), stroke: colour("bar"), width: 0, paths: bars, points: { show: false } },
      { fill: colour("crisis"), stroke: colour("crisis"), width: 0, paths: bars, points: { show: false } },
    ],
  }, [times, mentions, complaints], place);
  quiet(place);
}

/** What is drawn is said in words elsewhere. */
function quiet(place) {
  place.setAttribute("aria-hidden", "true");
}

const axis = (more = {}) => ({
  font: FONT,
  stroke: colour("quiet"),
  grid: { stroke: faint("line", 0.7), width: 1 },
  ticks: { show: false },
  size: 46,
  ...more,
});

const times = (u, splits) => {
  const wide = splits.length > 1 && splits[splits.length - 1] - splits[0] > 2 * 86400;
  return splits.map((at) => (wide ? new Date(at * 1000).toLocaleDateString(lang, { day: "numeric", month: "short" }) : hour(at)));
};

/** Options that the charts of one case share: one cursor over all of them. */
function options({ key, width, height, range, series, y, bands = [], hooks = {}, last = false, moved }) {
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: {
      sync: { key, setSeries: false }, y: false,
      points: { size: 6 }, drag: { x: true, y: false, setScale: true },
    },
    scales: { x: { time: true, range: (_, low, high) => (low === range[0] && high === range[1] ? range : [low, high]) }, y },
    axes: [
      axis({ show: true, size: last ? 24 : 6, values: last ? times : () => [] }),
      axis({ values: (_, splits) => splits.map((at) => (at === null ? "" : y.text(at))) }),
    ],
    series,
    bands,
    hooks: { ...hooks, setCursor: [moved] },
  };
}

/**
 * Draws the course of a case into `place`: score with its level and the turning points, shares with
 * their forecast and audiences, and the reproduction number (of an incident: complaints an hour).
 */
export function course(place, story, labels, tell) {
  place.plots?.forEach((plot) => plot.destroy());
  place.replaceChildren();
  const points = story.points;
  if (!points.length) return;
  const begin = Math.min(story.row.opened_at, points[0].at);
  const end = Math.max(points.at(-1).at, begin + 60);
  const margin = (end - begin) * 0.02;
  const range = [begin - margin, end + margin];
  const width = Math.max(240, place.clientWidth);
  const key = `case-${Math.random()}`;
  const x = points.map((point) => point.at);
  const of = (name) => points.map((point) => point[name] ?? 0);
  const moved = (u) => {
    const at = u.cursor.idx;
    if (at !== null && at !== undefined) tell(points[at]);
    else tell(null);
  };
  const fold = (name, height, chart) => {
    const box = element("div", "chart");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", labels.label(name));
    place.append(element("h4", "", name), box);
    return new uPlot({ ...options({ key, width, height, range, moved, ...chart }) }, chart.data, box);
  };
  const line = (name, more = {}) => ({ stroke: colour(name), width: 1.75, points: { show: points.length < 3 }, ...more });
  const plots = [
    fold(labels.score, 150, {
      data: [x, of("score")],
      series: [{}, line("text", { paths: uPlot.paths.linear() })],
      y: { range: [0, 1], text: percent },
      hooks: { drawClear: [(u) => spells(u, story)], draw: [(u) => turns(u, story)] },
    }),
  ];
  if (story.row.kind === "incident") {
    plots.push(fold(labels.pace, 110, {
      data: [x, of("pace")],
      series: [{}, line("respond", { fill: faint("respond", 0.15) })],
      y: { range: (_, low, high) => [0, Math.max(4, high * 1.1)], text: count },
      last: true,
    }));
  } else {
    const most = Math.max(10, ...of("shares"), ...of("forecast_shares")) * 1.6;
    plots.push(fold(labels.shares, 140, {
      data: [x, of("shares"), of("forecast_shares"), of("forecast_low"), of("forecast_high").map((one) => Math.min(one, most))],
      series: [
        {},
        line("watch", { width: 2 }),
        line("watch", { dash: [5, 4] }),
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
      ],
      bands: [{ series: [4, 3], fill: faint("watch", 0.14) }],
      y: { range: (_, low, high) => [0, Math.max(4, Math.min(high, most) * 1.05)], text: count },
      hooks: { draw: [(u) => audiences(u, story)] },
    }));
    plots.push(fold(labels.reproduction, 90, {
      data: [x, of("reproduction")],
      series: [{}, line("escalate")],
      y: { range: (_, low, high) => [0, Math.max(1.25, Math.min(high * 1.1, 4))], text: decimal },
      hooks: { drawClear: [(u) => explosive(u)] },
      last: true,
    }));
  }
  place.plots = plots;
}

/** A tint for each time at a level. */
function spells(u, story) {
  const { ctx, bbox } = u;
  const marks = story.messages;
  ctx.save();
  marks.forEach((mark, at) => {
    if (mark.status === "resolved") return;
    const from = Math.max(bbox.left, u.valToPos(mark.at, "x", true));
    const next = marks[at + 1] ? u.valToPos(marks[at + 1].at, "x", true) : bbox.left + bbox.width;
    const to = Math.min(bbox.left + bbox.width, next);
    if (to <= from) return;
    ctx.fillStyle = faint(mark.level, 0.13);
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.fillStyle = colour(mark.level);
    ctx.fillRect(from, bbox.top, to - from, 3 * devicePixelRatio);
  });
  ctx.restore();
}

/** A line for the media, a mark below for what the brand answered or deleted, and complaints. */
function turns(u, story) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const kinds = { media: "crisis", answer: "lowers", deletion: "escalate", complaint: "quiet", command: "focus" };
  ctx.save();
  for (const entry of story.entries) {
    const name = kinds[entry.what];
    if (!name) continue;
    const x = u.valToPos(entry.at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    const bottom = bbox.top + bbox.height;
    ctx.fillStyle = ctx.strokeStyle = colour(name);
    ctx.lineWidth = ratio;
    if (entry.what === "complaint") {
      ctx.globalAlpha = 0.6;
      ctx.fillRect(x - ratio / 2, bottom - 6 * ratio, ratio, 6 * ratio);
      ctx.globalAlpha = 1;
      continue;
    }
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + 3 * ratio);
    ctx.lineTo(x, bottom);
    ctx.stroke();
    ctx.setLineDash([]);
    shape(ctx, entry.what, x, bottom - 5 * ratio, 4 * ratio);
  }
  ctx.restore();
}

/** Another shape for each kind, so that colour is not all that tells them apart. */
function shape(ctx, what, x, y, size) {
  ctx.beginPath();
  if (what === "media") ctx.rect(x - size, y - size, 2 * size, 2 * size);
  else if (what === "answer") ctx.arc(x, y, size, 0, 2 * Math.PI);
  else if (what === "command") {
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.lineTo(x - size, y + size);
  } else {
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
  }
  ctx.closePath();
  ctx.fill();
}

/** A circle for each share, as large as its audience, on the line of the shares. */
function audiences(u, story) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const [large, small] = [faint("watch", 0.45), faint("watch", 0.3)];
  let point = 0;
  story.shares.forEach(([at, followers]) => {
    while (story.points[point + 1]?.at <= at) point += 1;
    if (followers < 100) return;
    const shares = between(story.points[point], story.points[point + 1], at);
    const size = Math.min(22, Math.max(1.5, Math.sqrt(followers) / 40)) * devicePixelRatio;
    ctx.beginPath();
    ctx.arc(u.valToPos(at, "x", true), u.valToPos(shares, "y", true), size, 0, 2 * Math.PI);
    ctx.fillStyle = followers >= 10_000 ? large : small;
    ctx.fill();
  });
  ctx.restore();
}

/** The number of shares at a time from the points before and after it. */
function between(before, after, at) {
  const from = before.shares ?? 0;
  if (!after || after.at <= before.at) return from;
  const part = Math.min(1, Math.max(0, (at - before.at) / (after.at - before.at)));
  return from + part * ((after.shares ?? 0) - from);
}

/** Above one, each share leads to more than one. */
function explosive(u) {
  const { ctx, bbox } = u;
  const one = u.valToPos(1, "y", true);
  ctx.save();
  ctx.fillStyle = faint("escalate", 0.1);
  ctx.fillRect(bbox.left, bbox.top, bbox.width, Math.max(0, one - bbox.top));
  ctx.restore();
}

export { moment };
