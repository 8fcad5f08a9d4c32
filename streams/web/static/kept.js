// What a browser remembers of a person: theme, language, name, keys, notices. The token lives as long as the tab.

const local = (name, value) => access("localStorage", name, value);
const session = (name, value) => access("sessionStorage", name, value);

function access(place, name, value) {
  try {
    if (value === undefined) return window[place].getItem(name);
    if (value === null) window[place].removeItem(name);
    else window[place].setItem(name, value);
  } catch {
    // storage is closed: nothing is remembered
  }
  return value ?? null;
}

export const kept = {
  name: (value) => local("name", value),
  language: (value) => local("language", value),
  keys: (value) => local("keys", value),
  notify: (value) => local("notify", value),
  sound: (value) => local("sound", value),
  theme: (value) => local("theme", value),
  token: (value) => session("token", value),
};

/** Takes `#token=...` out of the address, which browsers never send, into the tab's memory. */
export function takeToken() {
  const found = /^#token=([A-Za-z0-9._~+/=-]+)$/.exec(location.hash);
  if (!found) return;
  kept.token(found[1]);
  history.replaceState(null, "", location.pathname + location.search);
}
