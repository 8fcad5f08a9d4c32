// Elements made of text. Mentions are hostile input: nothing here ever parses HTML.

/** An element with a class, and children that are elements or texts; empty ones are left out. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

/** A link to `address` when it is http or https, else null. */
export function link(address, text) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  const made = element("a", "original", text);
  made.href = url.href;
  made.rel = "noopener noreferrer";
  made.target = "_blank";
  return made;
}

/** Brings the children of `parent` to `items`, reusing those with the same key and contents. */
export function list(parent, items, key, make) {
  const held = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let focused = null;
  const wanted = items.map((item) => {
    const contents = JSON.stringify(item);
    const old = held.get(key(item));
    if (old && old.dataset.contents === contents) return old;
    const made = make(item);
    made.dataset.key = key(item);
    made.dataset.contents = contents;
    if (old?.contains(document.activeElement)) focused = made;
    return made;
  });
  // Replacing what has not changed would take away focus and text selection.
  wanted.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild.remove();
  focused?.querySelector("button")?.focus({ preventScroll: true });
}
