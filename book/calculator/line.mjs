// A small picture of one quantity along another, with a mark at the middle, where the answer is.
import uPlot from "./uplot.mjs";

const HEIGHT = 180; // px
const LOGARITHMIC_FROM = 20; // times the smallest value
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--pst-color-${name}`);
const drawn = new WeakMap(); // by place: the plot

/** Draw a line into a place, in place of the one that stands there. */
export function drawLine(place, { across, along, text }) {
  drawn.get(place)?.destroy();
  const points = across.values.map((value, position) => [value, along.values[position]]).filter(([, value]) => value !== null);
  place.hidden = points.length < 2;
  if (place.hidden) return;
  const data = [points.map(([value]) => value), points.map(([, value]) => value)];
  const unit = (of) => (of.unit && of.unit !== "1" ? ` [${of.unit}]` : "");
  const axis = (of, size) => ({
    stroke: () => colour("text-muted"),
    grid: { stroke: () => colour("border"), width: 1 },
    ticks: { stroke: () => colour("border"), width: 1 },
    label: `${of.label}${unit(of)}`,
    labelFont: "13px system-ui, sans-serif",
    font: "12px system-ui, sans-serif",
    values: (_, splits) => splits.map((split) => (split === null ? "" : compact.format(split))),
    size,
  });
  const [lowest, highest] = [Math.min(...data[1]), Math.max(...data[1])];
  const logarithmic = lowest > 0 && highest > LOGARITHMIC_FROM * lowest;
  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, distr: 1 }, y: { distr: logarithmic ? 3 : 1, range: () => (logarithmic ? [lowest / 1.3, highest * 1.3] : [0, highest * 1.1 || 1]) } },
      axes: [axis(across, 44), axis(along, 64)],
      series: [{}, { stroke: () => colour("primary"), width: 2, points: { show: true, size: 5 } }],
    },
    data,
    place,
  );
  drawn.set(place, plot);
  place.setAttribute("role", "img");
  const ends = [0, points.length - 1].map((at) => `${compact.format(data[1][at])} at ${compact.format(data[0][at])}`);
  place.setAttribute("aria-label", `${along.label} by ${across.label.toLowerCase()}: from ${ends.join(" to ")}; here ${text}.`);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
}

new MutationObserver(() => {
  for (const place of document.querySelectorAll(".verbs-picture")) drawn.get(place)?.redraw();
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
