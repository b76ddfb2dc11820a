// Plotly with the page's own colours and type. A figure from the server names colours by class (meta.colour);
// the theme is painted here, so it can change without asking the server.

import { colour, faded, known, seriesColour } from "./palette.js";

export function paintedLayout(layout = {}, narrow = false) {
  const axis = {
    gridcolor: colour("grid"),
    linecolor: colour("line"),
    zerolinecolor: colour("grid"),
    tickfont: { size: 12 },
    title: { standoff: 8 },
    automargin: true,
  };
  const merged = (own) => ({ ...axis, ...own, title: { ...axis.title, ...own?.title, font: { size: 12, color: colour("quiet") } } });
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("text") },
    margin: narrow ? { l: 44, r: 8, t: 8, b: 44 } : { l: 56, r: 16, t: 8, b: 48 },
    showlegend: false,
    hovermode: "closest",
    dragmode: narrow ? false : "zoom",
    hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("line"), align: "left", font: { color: colour("text"), size: 13, family: getComputedStyle(document.body).fontFamily } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("quiet"), activecolor: colour("text") },
    legend: { orientation: "h", y: -0.22, font: { size: 12 } },
    ...layout,
    xaxis: merged(layout.xaxis),
    yaxis: merged(layout.yaxis),
  };
}

export function paintedTrace(trace, index) {
  const name = trace.meta?.colour;
  const ink = name && known(name) ? colour(name) : seriesColour(index);
  const painted = { ...trace };
  if (trace.type === "heatmap") {
    painted.colorscale = [[0, colour("sunken")], [1, ink]];
    painted.colorbar = { ...trace.colorbar, thickness: 12, outlinewidth: 0, tickfont: { size: 12 }, title: { text: trace.name, side: "right", font: { size: 12, color: colour("quiet") } } };
  }
  if (trace.type === "bar") painted.marker = { ...trace.marker, color: ink };
  if (trace.type === "scatter") {
    if (trace.mode?.includes("lines")) painted.line = { width: 2, ...trace.line, color: ink };
    if (trace.mode?.includes("markers")) painted.marker = { size: 7, opacity: 0.8, ...trace.marker, color: ink };
    if (trace.stackgroup) painted.fillcolor = faded(ink, 0.75);
  }
  return painted;
}

export function draw(element, figure) {
  const narrow = element.clientWidth < 480;
  const layout = paintedLayout(figure.layout, narrow);
  if (layout.shapes) {
    const label = { font: { size: 12, color: colour("quiet") } };
    layout.shapes = layout.shapes.map((shape) => ({ ...shape, fillcolor: faded(colour("accent"), 0.1), label: { ...shape.label, ...label } }));
  }
  const config = {
    displaylogo: false,
    responsive: true,
    scrollZoom: false,
    displayModeBar: narrow ? false : "hover",
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
  };
  return Plotly.react(element, figure.data.map(paintedTrace), layout, config);
}
