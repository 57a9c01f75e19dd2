// Draws a planner's curves, and on them the plan and the saved scenarios.
import uPlot from "./uplot.mjs";

const HEIGHT = 200; // px
const LOGARITHMIC_FROM = 20; // times the smallest value
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--pst-color-${name}`);

/** Put plots in the place of a figure's picture; return what draws them. */
export function createPlots(figure, table) {
  const picture = figure.querySelector("img");
  const place = document.createElement("div");
  place.className = "planner-plots";
  place.setAttribute("role", "img");
  picture.before(place);
  let drawn; // what is shown now: curves and marks
  let plots = [];

  function draw(curves, marks) {
    const plotted = withoutGaps(curves);
    drawn = { curves: plotted, marks };
    const [across, ...others] = plotted;
    const logarithmic = [across, ...others].map((curve) => isLogarithmic(values(curve, marks)));
    const kind = logarithmic.join();
    if (place.dataset.kind !== kind) {
      for (const plot of plots) plot.destroy();
      plots = others.map((curve, number) => newPlot(number + 1, logarithmic));
      place.dataset.kind = kind;
    }
    plots.forEach((plot, number) => plot.setData([across.values, others[number].values]));
    place.setAttribute("aria-label", described(curves, marks[0]));
    for (const element of [picture, ...figure.querySelectorAll("a:has(img)")]) element.hidden = true;
    fill(table, curves);
  }

  function newPlot(number, logarithmic) {
    const range = (position) => () => limits(values(drawn.curves[position], drawn.marks), logarithmic[position]);
    const axis = (position) => ({
      stroke: () => colour("text-muted"),
      grid: { stroke: () => colour("border"), width: 1 },
      ticks: { stroke: () => colour("border"), width: 1 },
      label: `${drawn.curves[position].label} [${drawn.curves[position].unit}]`,
      labelFont: "13px system-ui, sans-serif",
      font: "12px system-ui, sans-serif",
      values: (_, splits) => splits.map((split) => compact.format(split)),
      ...(logarithmic[position] && { splits: (plot, _, low, high) => powers(low, high), filter: (_, splits) => splits }),
    });
    const options = {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, distr: logarithmic[0] ? 3 : 1, range: range(0) },
        y: { distr: logarithmic[number] ? 3 : 1, range: range(number) },
      },
      axes: [axis(0), { ...axis(number), size: 64 }],
      series: [{}, { stroke: () => colour("primary"), width: 2, points: { show: true, size: 5 } }],
      hooks: { draw: [(plot) => drawMarks(plot, number)] },
    };
    return new uPlot(options, null, place);
  }

  function drawMarks(plot, number) {
    const [across, curve] = [drawn.curves[0], drawn.curves[number]];
    const { ctx } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.font = `bold ${11 * scale}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    // The plan last, so that it lies above all.
    for (const mark of [...drawn.marks].reverse()) {
      const [x, y] = [mark.values[across.name], mark.values[curve.name]];
      const [left, top] = [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
      ctx.beginPath();
      ctx.arc(left, top, (mark.label ? 9 : 6) * scale, 0, 2 * Math.PI);
      ctx.fillStyle = mark.label ? colour("background") : colour("text-base");
      ctx.strokeStyle = colour("text-base");
      ctx.lineWidth = 1.5 * scale;
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = colour("text-base");
      if (mark.label) ctx.fillText(mark.label, left, top);
    }
    ctx.restore();
  }

  new ResizeObserver(() => {
    for (const plot of plots) plot.setSize({ width: place.clientWidth, height: HEIGHT });
  }).observe(place);
  new MutationObserver(() => {
    for (const plot of plots) plot.redraw();
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return draw;
}

/** The curves without the positions at which none of them has a value. */
function withoutGaps([across, ...others]) {
  const held = across.values.map((_, position) => others.some(({ values }) => values[position] !== null));
  return [across, ...others].map((curve) => ({ ...curve, values: curve.values.filter((_, position) => held[position]) }));
}

function values(curve, marks) {
  return [...curve.values, ...marks.map((mark) => mark.values[curve.name])].filter((value) => value !== null);
}

function isLogarithmic(all) {
  return Math.max(...all) > LOGARITHMIC_FROM * Math.min(...all);
}

function limits(all, logarithmic) {
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return logarithmic ? [low / 1.3, high * 1.3] : [0, high * 1.1];
}

/** Ticks of a logarithmic axis: powers of ten, and on short axes twice and five times as much. */
function powers(low, high) {
  const steps = high / low > 1000 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
    ticks.push(...steps.map((step) => step * 10 ** power));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

function described([across, ...others], plan) {
  const shown = across.values.map((_, position) => position).filter((position) => others[0].values[position] !== null);
  if (!shown.length) return "The model does not fit on any number of devices, so there are no curves.";
  const [first, last] = [shown[0], shown.at(-1)];
  const at = (curve, position) => `${curve.texts[position]} ${curve.units}`;
  return others
    .map((curve) => {
      const ends = [first, last].map((position) => `${at(curve, position)} with ${at(across, position)}`);
      const here = `${plan.texts[curve.name]} ${curve.units} with ${plan.texts[across.name]} ${across.units}`;
      return `${curve.label} by ${across.label.toLowerCase()}: from ${ends.join(" to ")}; the plan has ${here}.`;
    })
    .join(" ");
}

function fill(table, curves) {
  const rows = curves[0].texts.map((_, position) => {
    const row = document.createElement("tr");
    for (const { texts } of curves) row.insertCell().textContent = texts[position];
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
}
