// Shows how far results spread where numbers were given as ranges: below each result, and what moves the first one.
import { message as _ } from "../_static/messages.mjs";
import { ask } from "./calculation.mjs";
import { takeable } from "./files.mjs";

const POINTS = 512;
const LONGEST = 3000; // milliseconds, after which fewer points have to do
const STEP = 100; // milliseconds between two pictures
const SVG = "http://www.w3.org/2000/svg";

let section; // what moves the first result

/** Work the answer out at more and more points of its ranges, as long as it is the current one. */
export async function spread(ranges, { root, rows, fields, model, about, isCurrent }) {
  if (section) section.hidden = true;
  if (!ranges.length) return;
  const began = performance.now();
  let found;
  for (let points = 16; ; ) {
    const from = performance.now();
    found = await ask("goOn", points);
    if (!found || !isCurrent()) return;
    showEnds(found, rows);
    const now = performance.now();
    const left = POINTS - found.points;
    if (!left || now - began > LONGEST) break;
    points = Math.min(left, Math.max(4, Math.round((points * STEP) / (now - from))));
  }
  const { name, label, unit } = model.results.find((result) => result.name in found.told) ?? {};
  if (!name) return;
  const moves = await ask("moves", name);
  if (!isCurrent()) return;
  section ??= root.querySelector(".calculator-results").appendChild(document.createElement("section"));
  section.className = "calculator-moves";
  section.hidden = false;
  section.replaceChildren(
    element("h3", _("What moves “{label}”", { label })),
    movesTable(moves, fields),
    element("p", [rangeIs(found), _("Rows show it at the two ends of each range, with all others in their middle.")].join(" ")),
    takeable(() => pictured({ moves, found, name, label, unit }, fields, about())),
  );
  performance.mark("calculator-spread");
}

function rangeIs({ points, refused }) {
  return refused
    ? _(
        "A range below a result is what it is between in 80 of 100 cases, looked at in {points} of them, of which {refused} have no answer.",
        { points, refused },
      )
    : _("A range below a result is what it is between in 80 of 100 cases, looked at in {points} of them.", { points });
}

function showEnds({ told }, rows) {
  for (const [name, { value }] of rows) {
    const parts = told[name];
    value.querySelector(".calculator-spread")?.remove();
    if (!parts || parts.first === parts.last) continue;
    const small = element("small", _("{low} to {high}", { low: parts.p10, high: parts.p90 }));
    small.className = "calculator-spread";
    small.prepend(histogram(parts.bars));
    value.append(small);
  }
}

/** What a picture of the moves consists of, for a file; its numbers have the first result's spread, too. */
function pictured({ moves, found, name, label, unit }, fields, about) {
  const { first, last, bars } = found.told[name];
  const width = (last - first) / bars.length;
  const names = (row) => row.names.map((each) => shortened(fields.get(each).parameter.meaning)).join(", ");
  const known = moves.filter(({ low, high }) => low !== null && high !== null);
  return {
    name: `${about.question}-${name}-ranges`,
    title: _("What moves “{label}”", { label }),
    panels: [{ label: unit && unit !== "1" ? `${label} [${unit}]` : label, bars: known.map((row) => ({ name: names(row), from: row.low, to: row.high })) }],
    columns: [
      { name: "kind", label: _("range: a range of the form; bar: a bar of the histogram of the result"), unit: "" },
      { name: "name", label: _("what the range is for, or the result"), unit: "" },
      { name: "low", label: _("{label}, at the low end of the range or of the bar", { label }), unit },
      { name: "high", label: _("{label}, at the high end of the range or of the bar", { label }), unit },
      { name: "points", label: _("points in the bar"), unit: "1" },
    ],
    rows: [
      ...moves.map(({ names: each, low, high }) => ["range", each.join("+"), low, high, null]),
      ...bars.map((points, place) => ["bar", name, first + place * width, first + (place + 1) * width, points]),
    ],
    about,
  };
}

function histogram(bars) {
  const highest = Math.max(...bars);
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${2 * bars.length} 10`);
  picture.setAttribute("aria-hidden", "true");
  for (const [place, count] of bars.entries()) {
    const bar = document.createElementNS(SVG, "rect");
    const height = (10 * count) / highest;
    const sizes = { x: 2 * place, y: 10 - height, width: 1.6, height };
    for (const [key, size] of Object.entries(sizes)) bar.setAttribute(key, size);
    picture.append(bar);
  }
  return picture;
}

function movesTable(moves, fields) {
  const ends = moves.flatMap(({ low, high }) => [low, high]).filter((end) => end !== null);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const share = (end) => (most > least ? (end - least) / (most - least) : 0.5);
  const table = element("table", "");
  table.className = "dataframe";
  const head = table.createTHead().insertRow();
  for (const text of [_("Range"), _("Low end"), "", _("High end")]) head.append(text ? element("th", text) : element("td", ""));
  for (const cell of head.querySelectorAll("th")) cell.scope = "col";
  const body = table.createTBody();
  for (const { names, low, high, texts } of moves) {
    const row = body.insertRow();
    const label = element("th", names.map((name) => shortened(fields.get(name).parameter.meaning)).join(", "));
    label.scope = "row";
    const bar = document.createElement("td");
    bar.className = "calculator-bar";
    if (low !== null && high !== null) bar.append(picture(share(Math.min(low, high)), share(Math.max(low, high))));
    row.append(label, element("td", texts[0] || _("none")), bar, element("td", texts[1] || _("none")));
  }
  return table;
}

/** What stands before a meaning's first comma, Chinese or not, says which number it is. */
function shortened(meaning) {
  const [first] = meaning.split(/[,，]/);
  return first[0].toUpperCase() + first.slice(1);
}

function picture(from, to) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 100 10");
  drawn.setAttribute("preserveAspectRatio", "none");
  drawn.setAttribute("aria-hidden", "true");
  const bar = document.createElementNS(SVG, "rect");
  const sizes = { x: 100 * from, y: 1, width: Math.max(1, 100 * (to - from)), height: 8 };
  for (const [key, size] of Object.entries(sizes)) bar.setAttribute(key, size);
  drawn.append(bar);
  return drawn;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
