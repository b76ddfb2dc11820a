// The list of runs stays current while it is looked at: one small read every few seconds, never two at a time.

import { replaceParts } from "./run/parts.js";

const list = document.querySelector("[data-run-list]");
const EVERY = 3000;

async function refresh() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(list.dataset.runList, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (answer.ok) replaceParts((await answer.json()).parts);
    } catch {
      // The next read may find the server again; what is shown stays.
    }
  }
  setTimeout(refresh, EVERY);
}

list.dataset.part = "rows";
setTimeout(refresh, EVERY);
