// Parts of the page that the server draws: put in place when they differ, so focus and scrolling stay.

export function replaceParts(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const place = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
    if (!place || place.dataset.drawn === html) continue;
    const first = place.dataset.drawn === undefined;
    place.dataset.drawn = html;
    if (first && place.innerHTML.trim() === html.trim()) continue;
    const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const open = [...place.querySelectorAll("details[open][id]")].map((details) => details.id);
    const scroll = place.scrollTop;
    place.innerHTML = html;
    for (const id of open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    place.scrollTop = scroll;
    if (focused) place.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    place.dispatchEvent(new CustomEvent("evoscope:part", { bubbles: true, detail: name }));
  }
}
