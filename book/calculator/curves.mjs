// Draws curves of quantities over another one, each in a plot of its own, and marks on them where somebody stands.
import { marked, message as _ } from "../_static/messages.mjs";
import { compact, powers } from "./axes.mjs";
import { takeable } from "./files.mjs";
import { letters, styled } from "./styled.mjs";
import uPlot from "./uplot.mjs";

const HEIGHT = 200; // px
const LOGARITHMIC_FROM = 20; // times the smallest value

/**
 * Put a planner's plots in the place of a figure's picture, and a fold to take them along; return what draws them, and fills the
 * table of their numbers.
 */
export function createPlots(figure, table, about) {
  const picture = figure.querySelector("img");
  const place = document.createElement("div");
  place.className = "planner-plots";
  picture.before(place);
  const here = marked("the plan has {up} with {across}");
  const draw = plotsIn(place, here, _("The model does not fit on any number of devices, so there are no curves."));
  let seen = null;
  const fold = takeable(() => seen && pictured({ ...seen, name: `${about().question}-curves`, about: about() }));
  place.after(fold);
  return (curves, marks) => {
    draw(curves, marks);
    seen = { curves, marks };
    for (const element of [picture, ...figure.querySelectorAll("a:has(img), .figure-files")]) element.hidden = true;
    fill(table, curves);
  };
}

/**
 * Return what draws curves into a place, and describes them: the first is what the others depend on, of marks the first is
 * where the reader stands. `here` is a text in which {up} and {across} are where that is, and `none` the one without curves.
 */
export function plotsIn(place, here, none) {
  let drawn; // what is shown now: curves and marks
  let plots = [];

  function draw(curves, marks) {
    const plotted = withoutGaps(curves);
    drawn = { curves: plotted, marks };
    const [across, ...others] = plotted;
    const logarithmic = [across, ...others].map((curve) => isLogarithmic(values(curve, marks)));
    const kind = [...logarithmic, ...plotted.map(({ label }) => label)].join();
    if (place.dataset.kind !== kind) {
      for (const plot of plots) plot.destroy();
      plots = others.map((curve, number) => newPlot(number + 1, logarithmic));
      place.dataset.kind = kind;
    }
    plots.forEach((plot, number) => plot.setData([across.values, others[number].values]));
    place.setAttribute("role", "img"); // not earlier: an image without a description is none
    place.setAttribute("aria-label", described(curves, marks[0], here, none));
  }

  function newPlot(number, logarithmic) {
    const range = (position) => () => limits(values(drawn.curves[position], drawn.marks), logarithmic[position]);
    const axis = (position) => ({
      stroke: () => styled("colour-quiet"),
      grid: { stroke: () => styled("colour-line"), width: 1 },
      ticks: { stroke: () => styled("colour-line"), width: 1 },
      label: drawn.curves[position].axis ?? titled(drawn.curves[position]),
      labelFont: letters("small"),
      font: letters("tiny"),
      values: (_, splits) => splits.map((split) => (split === null ? "" : compact.format(split))),
      ...(logarithmic[position] && { splits: ticks(position), filter: (_, splits) => splits }),
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
      series: [{}, { stroke: () => styled("series-1"), width: 2, points: { show: true, size: 5 } }],
      hooks: { draw: [(plot) => drawMarks(plot, number)] },
    };
    return new uPlot(options, null, place);
  }

  function drawMarks(plot, number) {
    const [across, curve] = [drawn.curves[0], drawn.curves[number]];
    const { ctx } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.font = letters("tiny", "bold", scale);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    // The reader's own last, so that it lies above all.
    for (const mark of [...drawn.marks].reverse()) {
      const [x, y] = [mark.values[across.name], mark.values[curve.name]];
      if (typeof x !== "number" || typeof y !== "number") continue;
      const [left, top] = [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
      ctx.beginPath();
      ctx.arc(left, top, (mark.label ? 9 : 6) * scale, 0, 2 * Math.PI);
      ctx.fillStyle = mark.label ? styled("colour-ground") : styled("colour-text");
      ctx.strokeStyle = styled("colour-text");
      ctx.lineWidth = 1.5 * scale;
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = styled("colour-text");
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
  return [...curve.values, ...marks.map((mark) => mark.values[curve.name])].filter((value) => typeof value === "number");
}

function isLogarithmic(all) {
  const lowest = Math.min(...all);
  return lowest > 0 && Math.max(...all) > LOGARITHMIC_FROM * lowest;
}

function limits(all, logarithmic) {
  if (!all.length) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (logarithmic) return [low / 1.3, high * 1.3];
  return low < 0 ? [low * 1.1, Math.max(0, high * 1.1)] : [0, high * 1.1 || 1];
}

/** What gives the ticks of a logarithmic axis. */
function ticks(position) {
  return (plot, _, low, high) => powers(low, high, position ? HEIGHT / 20 : (plot.width - 64) / 52);
}

function titled({ label, unit }) {
  return unit && unit !== "1" ? `${label} [${unit}]` : label;
}

/** A quantity in the middle of a sentence: GPUs stay what they are. */
function lower(label) {
  return /^[A-Z][a-z -]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label;
}

function described([across, ...others], mine, here, none) {
  const shown = across.values.map((_, position) => position).filter((position) => others[0].values[position] !== null);
  if (!shown.length) return none;
  const [first, last] = [shown[0], shown.at(-1)];
  const counted = (text, { unit, units }) => `${text} ${text === "1" && units ? unit : units}`.trimEnd();
  const at = (curve, position) => counted(curve.texts[position], curve);
  return others
    .map((curve) => {
      const [start, end] = [first, last].map((position) => _("{up} with {across}", { up: at(curve, position), across: at(across, position) }));
      const [up, over] = [curve, across].map((of) => counted(mine.texts[of.name], of));
      const curves = _("{curves} by {across}", { curves: curve.label, across: lower(across.label) });
      return _("{curves}: from {start} to {end}; {here}.", { curves, start, end, here: _(here, { up, across: over }) });
    })
    .join(" ");
}

function titleOver(others, across) {
  const labels = others.map(({ label }, place) => (place ? lower(label) : label));
  const curves = labels.reduce((one, other) => _("{one} and {other}", { one, other }));
  return _("{curves} by {across}", { curves, across: lower(across.label) });
}

/** What a picture of curves consists of, for a file. */
export function pictured({ curves, marks, name, about }) {
  const [across, ...others] = curves;
  const [seen, ...over] = withoutGaps(curves);
  const panels = over.map((up) => {
    const [x, y] = [seen, up].map((curve) => {
      const all = values(curve, marks);
      const logarithmic = isLogarithmic(all);
      return { label: titled(curve), values: curve.values, logarithmic, limits: limits(all, logarithmic) };
    });
    return { across: x, up: y, marks: [...marks].reverse().map((mark) => ({ label: mark.label, x: mark.values[across.name], y: mark.values[up.name] })) };
  });
  return {
    name,
    about,
    panels,
    title: titleOver(others, across),
    marks: marks.map((mark) => ({
      label: mark.label || _("the answer"),
      values: curves.map((curve) => mark.values[curve.name] ?? null),
    })),
    columns: curves.map(({ column, name: key, label, unit }) => ({ name: column ?? key, label, unit })),
    rows: across.values.map((_, position) => curves.map((curve) => curve.values[position])),
  };
}

/** Fill the body of a table with the numbers of curves. */
export function fill(table, curves) {
  const rows = curves[0].texts.map((_, position) => {
    const row = document.createElement("tr");
    for (const { texts } of curves) row.insertCell().textContent = texts[position];
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
}
