// Before the first paint: the theme that was chosen, else the system's.
{
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    // storage is closed: the system's theme will do
  }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
}
