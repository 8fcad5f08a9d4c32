// Elements made of text. Mentions are hostile input: nothing here ever parses HTML.

/** An element with a class, and children that are elements or texts; empty ones are left out. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A button that does something when it is pressed. */
export function button(className, text, act, label = "") {
  const made = element("button", className, text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

/** A link to `address` when it is http or https, else null. */
export function link(address, text, className = "original") {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  const made = element("a", className, text);
  made.href = url.href;
  made.rel = "noopener noreferrer";
  made.target = "_blank";
  return made;
}

/** `text` with each of the `phrases` that it holds in a mark. */
export function marked(text, phrases) {
  const spots = [];
  for (const phrase of phrases) {
    for (const part of phrase.split("…").map((one) => one.trim()).filter((one) => one.length > 2)) {
      const at = text.indexOf(part);
      if (at >= 0) spots.push([at, at + part.length]);
    }
  }
  spots.sort((a, b) => a[0] - b[0]);
  const made = [];
  let done = 0;
  for (const [from, to] of spots) {
    if (from < done) continue;
    made.push(text.slice(done, from), element("mark", "", text.slice(from, to)));
    done = to;
  }
  made.push(text.slice(done));
  return made.filter((part) => part !== "");
}

/** Puts `text` into an element, if it is not there already: what has not changed is not read out. */
export function put(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets a class or takes it away, and an attribute or property alike. */
export function set(target, attribute, value) {
  if (value === null) target.removeAttribute(attribute);
  else if (target.getAttribute(attribute) !== String(value)) target.setAttribute(attribute, value);
}
