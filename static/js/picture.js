// A picture of nodes and edges: the node that somebody points at, taps or reaches with n and p stands out with
// its edges, and the line below says in words what it reads and what reads it. Escape lets go.

import { showTraces } from "./picture-traces.js";

const enabled = new WeakMap();

export function enablePicture(frame) {
  if (enabled.has(frame)) {
    enabled.get(frame)();
    return;
  }
  const words = document.querySelector(`[data-picture-words="${CSS.escape(frame.dataset.picture)}"]`);
  const silence = words?.textContent ?? "";
  let held = null; // chosen by keyboard or tap
  let near = null; // under the pointer

  const nodes = () => [...frame.querySelectorAll("[data-node]")];
  const title = (name) => nodes().find((node) => node.dataset.node === name)?.dataset.title ?? name;

  function listed(edges, end) {
    const said = edges.map((edge) => {
      const done = ["added", "removed", "repaired"].find((status) => edge.classList.contains(status));
      return [title(edge.dataset[end]), edge.dataset.weight, done && `(${done})`].filter(Boolean).join(" ");
    });
    return said.join(", ") || "nothing";
  }

  function show() {
    const name = near ?? held;
    const chosen = nodes().find((node) => node.dataset.node === name);
    frame.classList.toggle("picking", Boolean(chosen));
    const edges = [...frame.querySelectorAll("[data-source]")];
    for (const edge of edges) {
      edge.classList.toggle("lit", Boolean(chosen) && (edge.dataset.source === name || edge.dataset.target === name));
    }
    const lit = new Set(edges.filter((edge) => edge.classList.contains("lit")).map((edge) => edge.dataset.key));
    for (const mark of frame.querySelectorAll(".pic-mark")) mark.classList.toggle("lit", lit.has(mark.dataset.key));
    for (const node of nodes()) node.classList.toggle("lit", node === chosen);
    showTraces(frame, edges.filter((edge) => edge.classList.contains("lit")));
    const into = edges.filter((edge) => edge.dataset.target === name);
    const out = edges.filter((edge) => edge.dataset.source === name);
    const text = chosen ? `${chosen.dataset.title} reads ${listed(into, "source")}; it is read by ${listed(out, "target")}.` : silence;
    if (words && words.textContent !== text) words.textContent = text;
  }

  function step(by) {
    const all = nodes();
    const at = all.findIndex((node) => node.dataset.node === held);
    const next = all[(at + by + all.length) % all.length] ?? null;
    held = (at < 0 && by < 0 ? all.at(-1) : next)?.dataset.node ?? null;
    show();
  }

  frame.addEventListener("pointerover", (event) => {
    near = event.target.closest("[data-node]")?.dataset.node ?? null;
    show();
  });
  frame.addEventListener("pointerleave", () => {
    near = null;
    show();
  });
  let pressed = null;
  frame.addEventListener("pointerdown", (event) => { pressed = event; });
  frame.addEventListener("click", (event) => {
    // The end of a drag is no choice.
    if (pressed && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) > 5) return;
    const name = event.target.closest("[data-node]")?.dataset.node ?? null;
    held = name === held ? null : name;
    show();
  });
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { n: () => step(1), p: () => step(-1), Escape: () => { held = near = null; show(); } }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  enabled.set(frame, show);
}
