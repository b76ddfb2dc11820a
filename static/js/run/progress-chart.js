// The chart of a run: every birth as a point, best so far, the population's band, the control beside it.
// New results are added to what is there; zoom and selection stay where a person put them, also after a reload.

import { colour, faded } from "../palette.js";
import { paintedLayout } from "../plot.js";
import { read, write } from "../view-state.js";

const said = (value) => value.toFixed(3);

// Plotly reads a little HTML in hover texts: ours is text, broken into lines of a readable length.
function wrapped(text) {
  const lines = [""];
  for (const word of text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").split(" ")) {
    if (lines.at(-1).length + word.length > 52) lines.push(word);
    else lines[lines.length - 1] += `${lines.at(-1) ? " " : ""}${word}`;
  }
  return lines.join("<br>");
}

// How a birth came to be, as the feed tells it.
function phrase({ birth, parents, operator, text }) {
  if (!parents.length) return [`#${birth} ${operator.replaceAll("_", "-")}`, text].filter(Boolean).join(": ");
  return `#${birth} = ${parents.map((parent) => `#${parent}`).join(" and ")} with ${text || operator}`;
}

export class ProgressChart {
  #element;
  #points = { x: [], y: [], number: [], text: [] };
  #failed = { x: [], number: [], text: [] };
  #curves = { best: { x: [], y: [] }, band: { x: [], low: [], mean: [], high: [] }, control: null };
  #onSelect;
  #selected = null;
  #ranges = null;
  #drawn = false;
  #told = 0;
  #known = new Set();
  #words = new Map();
  #waiting = false;
  #free = 0;
  last = -1;

  constructor(element, onSelect) {
    this.#element = element;
    this.#onSelect = onSelect;
    const zoom = read("zoom")?.split(",").map(Number);
    if (zoom?.length === 4 && zoom.every(Number.isFinite)) this.#ranges = zoom;
    const chosen = read("birth");
    if (chosen !== null && /^\d+$/.test(chosen)) this.#selected = Number(chosen);
    document.addEventListener("evoscope:theme", () => this.draw());
  }

  get selected() {
    return this.#selected;
  }

  // Columns of results told after a job; whatever was already taken in is left out, so nothing counts twice.
  // The curves are the server's, unless it does not know all yet that is drawn here.
  add(update) {
    const { points, untold } = update;
    for (const [number, words] of Object.entries(untold)) {
      if (!this.#known.has(Number(number))) this.#words.set(Number(number), words);
    }
    points.place.forEach((place, i) => this.#take(place, points.number[i], points.fitness[i], points.text[i], points.failed[i]));
    if ((update.best.x.at(-1) ?? 0) >= this.#told || !this.#points.x.length) {
      this.#curves = { best: update.best, band: update.band, control: update.control };
    }
    this.draw();
  }

  // Events of the run, in order and without a gap: their points are drawn at once, before the server is asked.
  tell(events) {
    const before = this.#told;
    for (const { kind, payload } of events) {
      if (kind === "birth") this.#words.set(payload.birth, phrase(payload));
      else if (kind === "told" && payload.phase === "search") {
        for (const number of payload.subjects) {
          const fitness = payload.fitness[number] ?? null;
          const failure = payload.failures[number];
          const words = this.#words.get(number) ?? `#${number}`;
          this.#take(payload.job, number, fitness, failure ? `${words} (${failure})` : words, Boolean(failure));
        }
      }
    }
    if (this.#told > before) this.#drawSoon();
  }

  // At once after a rest; in a burst, drawing takes a quarter of the page's time at most.
  #drawSoon() {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => { this.#waiting = false; this.draw(); }, Math.max(0, this.#free - performance.now()));
  }

  // A birth told without fitness and without failure (a space, a supernet) is counted and has no point.
  #take(place, number, fitness, text, failed) {
    if (this.#known.has(number)) return;
    this.#known.add(number);
    this.#words.delete(number);
    this.last = Math.max(this.last, place);
    const into = fitness === null ? this.#failed : this.#points;
    // Results are counted as they were told: a job of the last phase has a number but is no point here.
    this.#told += 1;
    if (fitness === null && !failed) return;
    into.x.push(this.#told);
    into.number.push(number);
    into.text.push(wrapped(text));
    if (fitness === null) return;
    into.y.push(fitness);
    const { best } = this.#curves;
    const highest = best.y.length ? Math.max(best.y.at(-1), fitness) : fitness;
    this.#curves = { ...this.#curves, best: { x: [...best.x, this.#told], y: [...best.y, highest] } };
  }

  select(number) {
    this.#selected = number;
    write("birth", number);
    this.draw();
  }

  draw() {
    const started = performance.now();
    this.#draw();
    this.#free = performance.now() + 3 * (performance.now() - started);
  }

  #draw() {
    if (!this.#points.x.length && !this.#failed.x.length && !this.#curves.control?.x.length) return;
    const { best, band, control } = this.#curves;
    const run = colour("accent");
    const floor = this.#points.y.length ? Math.min(...this.#points.y) : 0;
    const chosen = this.#points.number.indexOf(this.#selected);
    const traces = [
      { type: "scatter", mode: "lines", name: "population, lowest", x: band.x, y: band.low, line: { width: 0, shape: "hv" }, hoverinfo: "skip" },
      { type: "scatter", mode: "lines", name: "population, highest", x: band.x, y: band.high, line: { width: 0, shape: "hv" }, fill: "tonexty", fillcolor: faded(run, 0.12), hoverinfo: "skip" },
      {
        type: "scatter", mode: "markers", name: "births", x: this.#points.x, y: this.#points.y, customdata: this.#points.number, text: this.#points.text,
        marker: { size: 7, color: faded(colour("muted"), 0.75), line: { width: 1, color: colour("surface") } },
        hovertemplate: "%{text}<br>%{y:.3f}<extra></extra>",
      },
      {
        type: "scatter", mode: "markers", name: "failed", x: this.#failed.x, y: this.#failed.x.map(() => floor), customdata: this.#failed.number, text: this.#failed.text,
        marker: { size: 8, symbol: "x-thin", line: { width: 2, color: colour("bad") } }, hovertemplate: "%{text}<br>failed<extra></extra>",
      },
      { type: "scatter", mode: "lines", name: "control, best so far", x: control?.x ?? [], y: control?.y ?? [], line: { shape: "hv", width: 2, dash: "dash", color: colour("control") }, hovertemplate: "control: %{y:.3f}<extra></extra>" },
      { type: "scatter", mode: "lines", name: "best so far", x: best.x, y: best.y, line: { shape: "hv", width: 2.5, color: run }, hovertemplate: "best so far: %{y:.3f}<extra></extra>" },
      {
        type: "scatter", mode: "markers", name: "selected", x: chosen < 0 ? [] : [this.#points.x[chosen]], y: chosen < 0 ? [] : [this.#points.y[chosen]],
        marker: { size: 13, color: "rgba(0,0,0,0)", line: { width: 3, color: colour("text") } }, hoverinfo: "skip",
      },
    ];
    const layout = paintedLayout({
      uirevision: "kept",
      xaxis: { title: { text: "results told" }, rangemode: "tozero" },
      yaxis: { title: { text: "fitness (validation)" }, tickformat: ".3~f" },
    }, this.#element.clientWidth < 480);
    if (this.#ranges) {
      const [x0, x1, y0, y1] = this.#ranges;
      Object.assign(layout.xaxis, { range: [x0, x1], autorange: false });
      Object.assign(layout.yaxis, { range: [y0, y1], autorange: false });
    }
    Plotly.react(this.#element, traces, layout, { displaylogo: false, responsive: true, displayModeBar: "hover", modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] });
    if (!this.#drawn) this.#listen();
  }

  summary() {
    const { best, control } = this.#curves;
    if (!best.y.length) return "No result yet";
    const beside = control?.y.length ? `; the control is at ${said(control.y.at(-1))}` : "";
    return `Best so far ${said(best.y.at(-1))} after ${this.#told} results${beside}`;
  }

  #listen() {
    this.#drawn = true;
    this.#element.dataset.ready = "yes";
    this.#element.on("plotly_relayout", (change) => {
      if (change["xaxis.autorange"] || change["yaxis.autorange"]) this.#ranges = null;
      else if ("xaxis.range[0]" in change || "yaxis.range[0]" in change) {
        const { xaxis, yaxis } = this.#element._fullLayout;
        this.#ranges = [...xaxis.range, ...yaxis.range].map((value) => Number(value.toPrecision(6)));
      } else return;
      write("zoom", this.#ranges?.join(","));
    });
    this.#element.on("plotly_click", ({ points }) => {
      const number = points.find((point) => point.customdata !== undefined)?.customdata;
      if (number === undefined) return;
      this.select(number);
      this.#onSelect(number);
    });
  }
}
