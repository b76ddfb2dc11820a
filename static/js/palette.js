// Colours by the names of the tokens, resolved for the theme that holds now.

const NAMES = {
  conv3d: "--kind-conv3d",
  conv2p1d: "--kind-conv2p1d",
  itgm: "--kind-itgm",
  pool: "--kind-pool",
  point: "--kind-point",
  accent: "--curve-run",
  control: "--curve-control",
  muted: "--curve-quiet",
  text: "--text",
  quiet: "--text-quiet",
  surface: "--surface",
  raised: "--surface-raised",
  sunken: "--surface-sunken",
  grid: "--grid",
  line: "--line",
  good: "--good",
  warn: "--warn",
  bad: "--bad",
};

// For series that name no kind: safe for colour-blind eyes in this order.
const SERIES = ["conv3d", "conv2p1d", "itgm", "point", "pool", "accent", "warn"];

let probe = null;

export function colour(name) {
  if (!probe) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${NAMES[name] ?? NAMES.muted})`;
  return getComputedStyle(probe).color;
}

export function known(name) {
  return name in NAMES;
}

export function seriesColour(index) {
  return colour(SERIES[index % SERIES.length]);
}

export function faded(rgb, alpha) {
  const parts = rgb.match(/[\d.]+/g).slice(0, 3).map(Number);
  const scale = rgb.startsWith("color(") ? 255 : 1;
  return `rgba(${parts.map((part) => Math.round(part * scale)).join(",")},${alpha})`;
}
