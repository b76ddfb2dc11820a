// An export that is being written: its state is read until it ends.

import { replaceParts } from "./run/parts.js";

const place = document.querySelector("[data-export-state]");

async function refresh() {
  try {
    const answer = await fetch(place.dataset.exportState, { credentials: "same-origin" });
    if (answer.ok) {
      const update = await answer.json();
      replaceParts(update.parts);
      if (!update.moving) return;
    }
  } catch {
    // The next read may find the server again.
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 600);
