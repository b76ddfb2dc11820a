// A list that stays current while it is looked at: one small read every few seconds, never two at a time.

import { replaceParts } from "./run/parts.js";

const EVERY = 3000;

async function refresh(place) {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(place.dataset.refresh, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (answer.ok) replaceParts((await answer.json()).parts);
    } catch {
      // The next read may find the server again; what is shown stays.
    }
  }
  setTimeout(() => refresh(place), EVERY);
}

for (const place of document.querySelectorAll("[data-refresh]")) setTimeout(() => refresh(place), EVERY);
