// Asks the worker; every answer says how current it is.

import { kept } from "./kept.js";

const TIMEOUT_MS = 20_000;
const QUIET_MS = 25_000; // a heartbeat comes every ten seconds

/** An answer that is not what was asked for: `status` and a line that says why. */
export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

function headers(more = {}) {
  const token = kept.token();
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

async function answered(response) {
  if (response.ok) return response.json();
  let reason = response.statusText;
  try {
    reason = (await response.json()).error ?? reason;
  } catch {
    // no JSON: a proxy answered
  }
  throw new Refused(response.status, reason);
}

/** The JSON at `/api/v1/<path>`. Raises Refused, or TypeError when nobody answers. */
export async function get(path, query = {}) {
  const asked = new URLSearchParams(query).toString();
  return answered(await fetch(`/api/v1/${path}${asked ? `?${asked}` : ""}`, {
    headers: headers(), cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS),
  }));
}

/** Sends a decision. Raises as `get`. */
export async function send(decision) {
  return answered(await fetch("/api/v1/commands", {
    method: "POST",
    headers: headers({ "Content-Type": "application/json" }),
    body: JSON.stringify(decision),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }));
}

/**
 * Reads the events after `last` until the connection ends; `take(name, data, id)` gets each.
 *
 * EventSource cannot send a token, so the stream is read by hand.
 */
export async function watch(last, take) {
  const ending = new AbortController();
  let timer = setTimeout(() => ending.abort(), QUIET_MS);
  try {
    const response = await fetch("/api/v1/events", {
      headers: headers(last ? { "Last-Event-ID": last } : {}),
      cache: "no-store",
      signal: ending.signal,
    });
    if (!response.ok) await answered(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), QUIET_MS);
      const blocks = (waiting + value).split("\n\n");
      waiting = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event.data) take(event.event, JSON.parse(event.data), event.id);
      }
    }
  } finally {
    clearTimeout(timer);
    ending.abort();
  }
}

function parsed(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
  }
  return fields;
}

/** A number that nobody else draws; crypto.randomUUID is missing where there is no TLS. */
export function drawn() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `console-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
