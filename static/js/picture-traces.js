// How the weights of a node's edges moved in training: small curves beside the edges, drawn only while the node is
// pointed at, because in a large picture there is no room for all of them.

const SVG = "http://www.w3.org/2000/svg";
const CURVE = { width: 28, height: 10 };
const NOTE = { width: 66, height: 16 };
const SHARES = [0.5, 0.36, 0.64, 0.24, 0.76];

function made(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

// Where on the edge a note meets none of those written already; else its middle.
function spot(line, taken) {
  const length = line.getTotalLength();
  const spots = SHARES.map((share) => line.getPointAtLength(share * length));
  const free = ({ x, y }) => taken.every((other) => Math.abs(x - other.x) > NOTE.width || Math.abs(y - other.y) > NOTE.height);
  return spots.find(free) ?? spots[0];
}

function note(edge, at) {
  const weights = edge.dataset.trace.split(" ").map(Number);
  const points = weights.map((weight, index) => {
    const x = 7 - NOTE.width / 2 + (index * CURVE.width) / (weights.length - 1);
    return `${x.toFixed(1)},${(CURVE.height / 2 - weight * CURVE.height).toFixed(1)}`;
  });
  const group = made("g", { class: "pic-mark pic-asked lit", transform: `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})` });
  group.append(
    made("rect", { class: "pic-note", x: -NOTE.width / 2, y: -NOTE.height / 2, width: NOTE.width, height: NOTE.height, rx: 8 }),
    made("polyline", { class: "pic-trace", points: points.join(" ") }),
    made("text", { class: "pic-weight", x: NOTE.width / 2 - 16, y: 3.5 }, edge.dataset.weight),
  );
  return group;
}

export function showTraces(frame, edges) {
  for (const old of frame.querySelectorAll(".pic-asked")) old.remove();
  const marks = frame.querySelector(".pic-marks");
  const taken = [];
  for (const edge of edges) {
    if (!marks || !edge.dataset.trace) continue;
    const at = spot(edge.querySelector(".pic-line"), taken);
    taken.push(at);
    marks.append(note(edge, at));
  }
}
