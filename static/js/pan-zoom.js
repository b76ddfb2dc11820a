// A drawing that can be moved and enlarged: wheel with Ctrl, drag, and the keyboard (arrows, + and -, 0).

const SMALLEST = 0.72;
const enabled = new WeakMap();

// A drawing much larger than its frame begins at its upper end, one that is read from the left at its left end,
// large enough to read; the rest is a drag away.
function readable(frame, whole) {
  const { width, height } = frame.getBoundingClientRect();
  if (!width || Math.min(width / whole.w, height / whole.h) >= SMALLEST) return { ...whole };
  if (frame.dataset.from === "left") {
    const scale = Math.min(height / whole.h, SMALLEST);
    const [w, h] = [width / scale, height / scale];
    return w >= whole.w ? { ...whole } : { x: whole.x, y: whole.y + (whole.h - h) / 2, w, h };
  }
  const scale = Math.min(Math.max(width / whole.w, SMALLEST / 1.6), 1);
  const w = width / scale;
  return { x: whole.x + (whole.w - w) / 2, y: whole.y, w, h: height / scale };
}

// Called again on a frame whose drawing was drawn anew, it keeps what a person looks at while the size is as before.
export function enablePanZoom(frame) {
  if (enabled.has(frame)) {
    enabled.get(frame)();
    return;
  }
  const drawn = () => frame.querySelector("svg");
  if (!drawn()) return;
  let whole = null;
  let view = null;
  let shown = "";

  const apply = () => {
    shown = `${view.x} ${view.y} ${view.w} ${view.h}`;
    drawn()?.setAttribute("viewBox", shown);
  };
  const take = () => {
    const written = drawn()?.getAttribute("viewBox");
    if (!written || written === shown) return;
    const [x, y, w, h] = written.split(/[ ,]+/).map(Number);
    if (whole?.w !== w || whole?.h !== h) {
      whole = { x, y, w, h };
      view = readable(frame, whole);
    }
    apply();
  };
  const zoom = (factor, fx = 0.5, fy = 0.5) => {
    const w = Math.min(Math.max(view.w * factor, whole.w / 24), whole.w * 2);
    const h = (w / view.w) * view.h;
    view = { x: view.x + (view.w - w) * fx, y: view.y + (view.h - h) * fy, w, h };
    apply();
  };
  const pan = (dx, dy) => {
    view.x += dx * view.w;
    view.y += dy * view.h;
    apply();
  };
  const reset = () => {
    view = { ...whole };
    apply();
  };

  take();
  enabled.set(frame, take);
  const keys = {
    ArrowLeft: () => pan(-0.12, 0),
    ArrowRight: () => pan(0.12, 0),
    ArrowUp: () => pan(0, -0.12),
    ArrowDown: () => pan(0, 0.12),
    "+": () => zoom(0.8),
    "=": () => zoom(0.8),
    "-": () => zoom(1.25),
    0: reset,
  };
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    zoom(event.deltaY > 0 ? 1.15 : 0.87, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }, { passive: false });
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("a, button")) return;
    let last = event;
    const box = frame.getBoundingClientRect();
    const move = (now) => {
      pan((last.clientX - now.clientX) / box.width, (last.clientY - now.clientY) / box.height);
      last = now;
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
  });
  const tools = frame.parentElement.querySelector("[data-pan-zoom-tools]");
  if (tools) {
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const action = event.target.closest("[data-zoom]")?.dataset.zoom;
      if (action === "in") zoom(0.8);
      if (action === "out") zoom(1.25);
      if (action === "whole") reset();
    });
  }
}
