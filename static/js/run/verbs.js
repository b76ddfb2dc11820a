// Pause, resume, stop, kill: sent without leaving the page, the effect shown at once.

import { replaceParts } from "./parts.js";

export function enableVerbs(place, onDone) {
  place.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-verb]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    const buttons = place.querySelectorAll("button");
    for (const button of buttons) button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "fetch" },
        credentials: "same-origin",
      });
      const words = await answer.json();
      document.querySelector("[data-verb-answer]").textContent = words.message;
      if (words.parts) replaceParts(words.parts);
    } catch {
      document.querySelector("[data-verb-answer]").textContent = "The server could not be reached; nothing was changed. Try again.";
    }
    for (const button of buttons) button.removeAttribute("aria-busy");
    onDone();
  });
}
