// The light/dark toggle: the system's choice until a person makes another, kept in localStorage.

const dark = matchMedia("(prefers-color-scheme: dark)");

export function theme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
}

function show(button) {
  const next = theme() === "dark" ? "light" : "dark";
  button.setAttribute("aria-label", `Switch to ${next} colours`);
  button.title = `Switch to ${next} colours`;
}

export function enableToggle(button) {
  button.hidden = false;
  show(button);
  button.addEventListener("click", () => {
    const chosen = theme() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem("evoscope.theme", chosen);
    } catch {
      // Kept for this page only.
    }
    show(button);
    document.dispatchEvent(new CustomEvent("evoscope:theme"));
  });
  dark.addEventListener("change", () => {
    show(button);
    document.dispatchEvent(new CustomEvent("evoscope:theme"));
  });
}
