// The launch form: the pane beside it follows the form, placeholders follow the preset, a double click is one launch.

import { enablePanZoom } from "./pan-zoom.js";
import { enablePicture } from "./picture.js";

const form = document.querySelector("[data-launch]");
const pane = document.querySelector("[data-example-pane]");
let timer = null;
let newest = 0;

function enable(place) {
  place.querySelectorAll("[data-pan-zoom]").forEach(enablePanZoom);
  place.querySelectorAll("[data-picture]").forEach(enablePicture);
}

async function follow() {
  const mine = ++newest;
  const values = new FormData(form);
  values.delete("csrfmiddlewaretoken");
  const address = `${form.dataset.example}?${new URLSearchParams(values)}`;
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok || mine !== newest) return;
    pane.innerHTML = await answer.text();
    enable(pane);
  } catch {
    // The pane keeps what it showed.
  }
}

function sayPreset() {
  const preset = new FormData(form).get("preset");
  for (const input of form.querySelectorAll("[data-presets]")) {
    const said = JSON.parse(input.dataset.presets)[preset];
    if (said === undefined) continue;
    if (input.tagName === "SELECT") input.options[0].textContent = `${said} (preset)`;
    else input.placeholder = said;
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(follow, 300);
});
form.addEventListener("change", (event) => {
  if (event.target.name === "preset") sayPreset();
});
form.addEventListener("submit", (event) => {
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-busy")) event.preventDefault();
  button.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => form.querySelector("[type=submit]").removeAttribute("aria-busy"));
enable(document);
document.querySelector("[data-focus-first]")?.focus();
