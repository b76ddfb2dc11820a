// The run page: a socket brings events, whose points are drawn at once, and rings; the page then reads the rest.

import { LiveSocket } from "./live/socket.js";
import { Light } from "./live/light.js";
import { replaceParts } from "./run/parts.js";
import { ProgressChart } from "./run/progress-chart.js";
import { Reader } from "./run/reader.js";
import { showProgress } from "./run/training.js";
import { enableVerbs } from "./run/verbs.js";
import { enablePanZoom } from "./pan-zoom.js";
import { enablePicture } from "./picture.js";
import { enableFront } from "./run/front.js";

const page = document.querySelector("[data-run]");
const chart = new ProgressChart(document.querySelector("[data-chart]"), (number) => showSelected(number));
const selected = document.querySelector("[data-selected]");
const spoken = document.querySelector("[data-spoken]");
let best = page.dataset.best ?? "";
let state = page.dataset.state;
let child = ""; // the stamp of the newest child's drawing
let timer = null;
let seq = null; // the newest event taken in; unknown before the first read

// Events that follow on what is known; a gap, or anything before the first read, is left to the next read.
function take(events) {
  if (seq === null || events[0].seq > seq + 1) return;
  const fresh = events.filter((event) => event.seq > seq);
  if (!fresh.length) return;
  chart.tell(fresh);
  seq = fresh.at(-1).seq;
  shown();
}

function shown() {
  if (chart.last >= 0) document.querySelector("[data-chart-fallback]")?.remove();
  page.dataset.seq = seq ?? "";
}

async function read() {
  const address = new URL(page.dataset.live, location.href);
  address.searchParams.set("after", chart.last);
  address.searchParams.set("best", best);
  address.searchParams.set("child", child);
  if (chart.selected !== null) address.searchParams.set("birth", chart.selected);
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const update = await answer.json();
  replaceParts(update.parts);
  chart.add(update);
  seq = update.more ? null : Math.max(seq ?? 0, update.seq);
  shown();
  if (update.best_number !== best && update.best_number !== "") spoken.textContent = chart.summary();
  best = update.best_number;
  child = update.child;
  if (update.state !== state) {
    state = update.state;
    spoken.textContent = `The run is ${update.state_label}`;
  }
  if (update.more) queueMicrotask(() => reader.ring());
}

const reader = new Reader(read);

function showSelected(number) {
  selected.hidden = false;
  reader.ring();
}

const light = new Light(document.querySelector("[data-light]"), () => socket.heard);
const socket = new LiveSocket(page.dataset.socket, {
  onLine: (line) => light.show(line),
  onFrame: (frame) => {
    if (frame.progress) showProgress(frame.progress);
    if (frame.events?.length) take(frame.events);
    if (frame.type === "snapshot" || frame.events?.length || frame.state?.state !== state) reader.ring();
    else if (frame.progress?.length) timer ??= setTimeout(() => { timer = null; reader.ring(); }, 2000);
  },
});

enableVerbs(document.querySelector("[data-part=verbs]"), () => reader.ring());
enableFront(document.querySelector("[data-part=front]"));
function enable(place) {
  place.querySelectorAll("[data-pan-zoom]").forEach(enablePanZoom);
  place.querySelectorAll("[data-picture]").forEach(enablePicture);
}

enable(document);
document.addEventListener("evoscope:part", (event) => enable(event.target));
document.querySelector("[data-zoom-reset]")?.addEventListener("click", () => {
  Plotly.relayout(document.querySelector("[data-chart]"), { "xaxis.autorange": true, "yaxis.autorange": true });
});
if (chart.selected !== null) selected.hidden = false;
reader.ring();
