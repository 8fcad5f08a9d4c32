// Tells whoever asked for it, by a notification of the system or a sound, that a case is urgent now.

import { kept } from "./kept.js";
import { rank } from "./rank.js";
import { on } from "./store.js";
import { reasons, word } from "./words.js";

const FROM = rank("escalate");
const PAUSE_MS = 4000; // between two sounds, however many cases rise together
const NOTES = [[660, 0], [880, 0.18]]; // hertz, and seconds from the first

let sounds = null;
let rang = 0;

/** Whether this browser lets pages notify at all: only where the address is secure. */
export const possible = () => "Notification" in window && window.isSecureContext;

/** What is switched on here. */
export const wanted = {
  shown: () => kept.notify() === "on" && possible() && Notification.permission === "granted",
  heard: () => kept.sound() === "on",
};

/** Switches notifications; asks the browser, hence only when somebody has pressed. Whether it is on now. */
export async function show(yes) {
  kept.notify(null);
  if (!yes || !possible()) return false;
  if ((await Notification.requestPermission()) !== "granted") return false;
  kept.notify("on");
  return true;
}

/** Switches the sound, and lets it be heard once. */
export function hear(yes) {
  kept.sound(yes ? "on" : null);
  if (yes) ring();
}

/** Begins to watch; `choose` opens the case of a notification that was pressed. */
export function begin(choose) {
  on("risen", (row) => tell(row, choose));
}

/** Tells of a case that reached another level, if that is urgent and somebody asked for it. */
export function tell(row, choose) {
  if (rank(row.level) < FROM) return;
  if (wanted.heard()) ring();
  if (wanted.shown()) notify(row, choose);
}

function notify(row, choose) {
  const title = word("newCrisis", { brand: row.brand, level: word(row.level) });
  let made;
  try {
    made = new Notification(title, { body: reasons(row), tag: row.case_id, icon: "/static/icon.svg" });
  } catch {
    return; // phones have none but those of service workers
  }
  made.addEventListener("click", () => {
    window.focus();
    choose(row.case_id);
    made.close();
  });
}

/** Two short tones; silent until somebody has pressed something on the page, as browsers want it. */
function ring() {
  if (Date.now() - rang < PAUSE_MS) return;
  rang = Date.now();
  sounds ??= new AudioContext();
  sounds.resume();
  for (const [pitch, after] of NOTES) {
    const tone = new OscillatorNode(sounds, { frequency: pitch });
    const volume = new GainNode(sounds, { gain: 0 });
    const at = sounds.currentTime + after;
    volume.gain.setTargetAtTime(0.2, at, 0.01);
    volume.gain.setTargetAtTime(0, at + 0.12, 0.03);
    tone.connect(volume).connect(sounds.destination);
    tone.start(at);
    tone.stop(at + 0.5);
  }
}
