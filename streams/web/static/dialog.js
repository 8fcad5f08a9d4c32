// One modal dialog: a question, its fields, and what was given.

import { button, element } from "./dom.js";
import { word } from "./words.js";

const dialog = () => document.getElementById("dialog");

/** Whether a question is being asked. */
export const asking = () => dialog().open;

/** Shows fields under a title; what they hold, by name, or null when it is called off. */
export function ask(title, fields, send = word("send")) {
  return new Promise((done) => {
    const form = element("form", "", heading(title), ...fields);
    const ok = element("button", "primary", send);
    ok.type = "submit";
    form.append(element("div", "buttons", button("", word("cancel"), () => dialog().close()), ok));
    let given = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
      dialog().close();
    });
    open(form, () => done(given));
    (form.querySelector("input:checked") ?? form.querySelector("input") ?? ok).focus();
  });
}

/** Shows something to read. */
export function tell(title, ...contents) {
  const close = button("primary", word("back"), () => dialog().close());
  open(element("div", "", heading(title), ...contents, element("div", "buttons", close)), () => {});
  close.focus({ preventScroll: true }); // what is long is read from its beginning
  dialog().scrollTop = 0;
}

function heading(title) {
  const made = element("h2", "", title);
  made.id = "dialog-title";
  return made;
}

function open(contents, closed) {
  const place = dialog();
  place.setAttribute("aria-labelledby", "dialog-title");
  place.replaceChildren(contents);
  // The event comes a moment after the closing: by then another question may stand here.
  place.addEventListener("close", function over() {
    if (place.open && place.contains(contents)) return;
    place.removeEventListener("close", over);
    closed();
  });
  place.showModal();
}

/** A labelled input, with a line of help. */
export function field(label, input, help = "") {
  const made = element("label", "field", element("span", "", label), input);
  if (help) made.append(element("span", "quiet small", help));
  return made;
}

/** A line of text. */
export function text(name, value, { required = false, list = [], max = 256, secret = false } = {}) {
  const input = element("input");
  Object.assign(input, { name, value, required, maxLength: max, type: secret ? "password" : "text", autocomplete: "off" });
  if (required) {
    // Spaces alone are nothing: said beside the input instead of dropping what was meant.
    const check = () => input.setCustomValidity(input.value && !input.value.trim() ? word("blank") : "");
    input.addEventListener("input", check);
    check();
  }
  if (!list.length) return input;
  const known = element("datalist", "", ...list.map((one) => Object.assign(element("option"), { value: one })));
  known.id = `${name}-known`;
  input.setAttribute("list", known.id);
  return element("span", "with-list", input, known);
}

/** One of several, as radio buttons. */
export function options(label, name, values, chosen) {
  const made = element("fieldset", "options", element("legend", "", label));
  for (const [value, shown] of values) {
    const input = element("input");
    Object.assign(input, { type: "radio", name, value, checked: value === chosen });
    made.append(element("label", "", input, shown));
  }
  return made;
}
