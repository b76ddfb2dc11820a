// The panels of a run: figures from the server in the page's colours, with the words and tables beside them, read
// again when something happened, or when a job in work has found something so far.

import { LiveSocket } from "./live/socket.js";
import { Light } from "./live/light.js";
import { Lineage } from "./lineage.js";
import { draw } from "./plot.js";
import { replaceParts } from "./run/parts.js";
import { Reader } from "./run/reader.js";
import { read, write } from "./view-state.js";

const page = document.querySelector("[data-analysis]");
const lineage = new Lineage(document.querySelector("[data-lineage]"), document.querySelector("[data-lineage-words]"), page.dataset.genomes);
let figures = {};
let waiting = null;
const found = new Map(); // job → the step of its findings so far, as last heard

// A figure of several moments shows the one its slider stands at; at the end of the slider that is the newest.
function atItsMoment(slug, figure) {
  const slider = document.querySelector(`[data-moment="${CSS.escape(slug)}"]`);
  if (!slider || !figure.moments?.length) return figure;
  const { name, ...there } = figure.moments[Math.min(Number(slider.value), figure.moments.length - 1)];
  slider.setAttribute("aria-valuetext", name);
  slider.parentElement.querySelector("output").textContent = name;
  return { ...figure, data: [{ ...figure.data[0], ...there }, ...figure.data.slice(1)] };
}

function setMoments() {
  for (const slider of document.querySelectorAll("[data-moment]")) {
    const kept = read(slider.dataset.moment);
    slider.value = kept !== null && Number(kept) <= Number(slider.max) ? kept : slider.max;
  }
}

document.addEventListener("input", ({ target }) => {
  const slug = target.dataset?.moment;
  if (slug === undefined) return;
  write(slug, target.value === target.max ? null : target.value);
  show();
});

function show() {
  for (const [slug, figure] of Object.entries(figures)) {
    const place = document.querySelector(`[data-panel="${CSS.escape(slug)}"]`);
    if (!place || !figure.data.length) continue;
    place.hidden = false;
    const first = !place.dataset.ready;
    draw(place, atItsMoment(slug, figure));
    place.dataset.ready = "yes";
    if (first) {
      place.on("plotly_click", ({ points }) => {
        const birth = points.find((point) => point.customdata !== undefined)?.customdata;
        if (birth !== undefined) location.href = `${page.dataset.genomes}${birth}/`;
      });
    }
  }
}

const reader = new Reader(async () => {
  const answer = await fetch(page.dataset.analysis, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const news = await answer.json();
  replaceParts(news.parts);
  figures = news.panels;
  setMoments();
  show();
  await lineage.read();
});

function foundMore(progress) {
  const news = (progress ?? []).filter((one) => one.found !== null && found.get(one.job) !== one.found);
  for (const one of news) found.set(one.job, one.found);
  return news.length > 0;
}

const light = new Light(document.querySelector("[data-light]"), () => socket.heard);
const socket = new LiveSocket(page.dataset.socket, {
  onLine: (line) => light.show(line),
  onFrame: (frame) => {
    const more = foundMore(frame.progress);
    if (frame.type !== "snapshot" && !frame.events?.length && !more) return;
    waiting ??= setTimeout(() => {
      waiting = null;
      reader.ring();
    }, frame.type === "snapshot" ? 0 : 1500);
  },
});
document.addEventListener("evoscope:theme", show);
