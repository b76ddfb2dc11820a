// The slider over a front: for a limit of cost it names the most accurate network within it, marks its row and
// fades those that cost more. The limit lives in the address.

import { read, write } from "../view-state.js";

const NAME = "limit";

function rowsOf(place) {
  return [...place.querySelectorAll("[data-front-row]")];
}

function show(place) {
  const slider = place.querySelector("[data-front-limit]");
  const rows = rowsOf(place);
  const at = Number(slider.value);
  const offered = rows[Number(rows[at].dataset.offers)];
  rows.forEach((row, index) => {
    row.classList.toggle("beyond", index > at);
    row.classList.toggle("picked", row === offered);
    if (row === offered) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  });
  const words = `${rows[at].dataset.limit}: ${offered.dataset.said}`;
  place.querySelector("[data-front-said]").textContent = words;
  slider.setAttribute("aria-valuetext", words);
}

function prepare(place) {
  const slider = place.querySelector("[data-front-limit]");
  if (!slider) return;
  const rows = rowsOf(place);
  const kept = rows.findIndex((row) => row.dataset.number === read(NAME));
  if (kept >= 0) slider.value = kept;
  place.querySelector("[data-front-pick]").hidden = rows.length < 2;
  show(place);
}

export function enableFront(place) {
  if (!place) return;
  prepare(place);
  place.addEventListener("evoscope:part", () => prepare(place));
  place.addEventListener("input", ({ target }) => {
    if (!("frontLimit" in target.dataset)) return;
    const rows = rowsOf(place);
    const at = Number(target.value);
    write(NAME, at === rows.length - 1 ? null : rows[at].dataset.number);
    show(place);
  });
}
