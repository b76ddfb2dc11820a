// The lineage graph: elements from the server are handed to Dash, painted in the page's colours.

import { colour, faded } from "./palette.js";

const ID = "lineage-graph";
let middle = null;

function stylesheet() {
  const run = colour("accent");
  return [
    { selector: "node", style: {
      label: "data(label)", "font-size": 13, "font-family": getComputedStyle(document.body).fontFamily, color: colour("text"),
      "text-valign": "center", "text-halign": "center", width: 46, height: 28, shape: "round-rectangle",
      "background-color": colour("surface"), "border-width": 2, "border-color": colour("muted"),
    } },
    { selector: ".scored", style: { "border-color": run } },
    { selector: ".failed", style: { "border-color": colour("bad"), "border-style": "dashed" } },
    { selector: ".waiting", style: { "border-style": "dotted" } },
    { selector: ".best", style: { "background-color": run, color: colour("surface"), "border-color": run } },
    { selector: ".middle", style: { "border-width": 4, "border-color": colour("text") } },
    { selector: "edge", style: {
      width: 1.6, "line-color": colour("muted"), "target-arrow-color": colour("muted"), "target-arrow-shape": "triangle",
      "curve-style": "bezier",
    } },
    { selector: ".words", style: {
      label: "data(label)", width: 1, height: 1, "background-opacity": 0, "border-width": 0, events: "no",
      "text-valign": "bottom", "font-size": 10, color: colour("quiet"), "text-wrap": "wrap", "text-max-width": 140,
      "text-background-color": colour("surface"), "text-background-opacity": 0.85, "text-background-padding": 2, "min-zoomed-font-size": 8,
    } },
    { selector: "node:selected", style: { "overlay-color": run, "overlay-opacity": 0.15, "background-color": faded(run, 0.3) } },
  ];
}

function whenReady(act, tries = 100) {
  if (window.dash_clientside?.set_props && document.querySelector(`#${ID}`)) act();
  else if (tries) setTimeout(() => whenReady(act, tries - 1), 100);
}

export class Lineage {
  #place;
  #words;
  #shown = null;

  constructor(place, words, genomes) {
    this.#place = place;
    this.#words = words;
    document.addEventListener("evoscope:theme", () => whenReady(() => window.dash_clientside.set_props(ID, { stylesheet: stylesheet() })));
    document.addEventListener("evoscope:birth", ({ detail }) => {
      middle = Number(detail.id);
      words.textContent = "";
      const link = document.createElement("a");
      link.href = `${genomes}${detail.id}/`;
      link.textContent = `Open network ${detail.label}`;
      words.append(link, ` (fitness ${detail.fitness}, ${detail.operator})`);
      this.read();
    });
  }

  async read() {
    const address = this.#place.dataset.lineage + (middle === null ? "" : `?birth=${middle}`);
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) return;
    const { elements } = await answer.json();
    this.#place.dataset.size = elements.length;
    const text = JSON.stringify(elements);
    if (text === this.#shown) return; // the view a person moved to stays
    this.#shown = text;
    const layout = { name: "preset", fit: true, padding: 28, of: `${middle} ${elements.length}` };
    whenReady(() => window.dash_clientside.set_props(ID, { elements, stylesheet: stylesheet(), layout }));
    if (!elements.length) this.#words.textContent = "It appears with the first networks.";
  }
}
