// Parts of the page that the server draws: put in place when they differ, so focus and scrolling stay.

import { morph } from "./morph.js";

// A form's token is masked anew in every answer and means the same: it makes no difference here, so that a
// button is not taken from under a person's hand.
const TOKEN = /(name="csrfmiddlewaretoken" value=")[^"]*/g;
const drawn = new WeakMap();

function asBrowsersWrite(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.innerHTML;
}

export function replaceParts(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const place = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
    const plain = html.replace(TOKEN, "$1").trim();
    if (!place || drawn.get(place) === plain) continue;
    const first = !drawn.has(place);
    drawn.set(place, plain);
    if (first && place.innerHTML.replace(TOKEN, "$1").trim() === asBrowsersWrite(plain)) continue;
    if ("morph" in place.dataset) morph(place, html);
    else swap(place, html);
    place.dispatchEvent(new CustomEvent("evoscope:part", { bubbles: true, detail: name }));
  }
}

function swap(place, html) {
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
}
