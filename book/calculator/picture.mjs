// A picture of the page to take along: drawn anew as SVG, also as PNG, and its numbers as CSV with a JSON that says what they are.
import { message as _ } from "../_static/messages.mjs";
import { compact, even, powers } from "./axes.mjs";
import { download } from "./files.mjs";
import { pixels, styled } from "./styled.mjs";

const QUOTED = /[",\n]/; // in CSV
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640; // px, as all below
const HEIGHT = 300;
const AROUND = { left: 82, right: 24, top: 34, bottom: 52 };
const LINE = 22;
const SHARPER = 2; // pixels of a PNG, along each side
const FEW = 5; // ticks of an even axis, about
const CLOSEST = 46; // px between two ticks
// On white, wherever it is pasted, and as large as on the page that it is taken from.
const [PAPER, INK, PALE, BLUE] = ["paper", "paper-ink", "paper-line", "paper-series"].map(styled);
const [LETTERS, SMALL] = [pixels("small"), pixels("tiny")]; // px, as is the rest

/**
 * Fill a fold with buttons. `current` returns what is seen: `name` of its files, `title`, `panels` to draw one below the other,
 * `columns` with name, label and unit, `rows` of numbers or texts, `marks` in these columns, and what the JSON says `about` the answer, its source too.
 */
export function offer(fold, current) {
  const said = made("p", { className: "calculator-note" });
  said.setAttribute("role", "status");
  const buttons = made("p", {});
  for (const [text, kind, type, make] of [
    ["SVG", "svg", "image/svg+xml", (seen) => drawn(seen)],
    ["PNG", "png", "image/png", (seen) => asPng(drawn(seen))],
    ["CSV", "csv", "text/csv", csv],
    ["JSON", "json", "application/json", described],
  ]) {
    const control = made("button", { type: "button", textContent: _("Download {kind}", { kind: text }) });
    control.dataset.picture = kind;
    control.addEventListener("click", async () => {
      const seen = current();
      if (!seen) {
        said.textContent = _("There is no picture yet.");
        return;
      }
      const file = `${seen.name}.${kind}`;
      download(file, await make(seen), type);
      said.textContent = _("Downloaded {file}.", { file });
    });
    buttons.append(control);
  }
  const hint = _("The CSV has the numbers of the picture, the JSON their units, the assumptions and where they come from.");
  fold.append(buttons, made("p", { className: "calculator-note", textContent: hint }), said);
}

function csv({ columns, rows }) {
  const cell = (value) => {
    const text = value === null ? "" : String(value);
    return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(({ name }) => name), ...rows].map((line) => line.map(cell).join());
  return `${lines.join("\n")}\n`;
}

function described({ name, title, columns, marks, about }) {
  const told = { title, file: `${name}.csv`, columns, marks, ...about };
  return `${JSON.stringify(told, null, 2)}\n`;
}

/** The text of an SVG. */
function drawn({ title, panels, about: { source } }) {
  const picture = element("svg", { "font-family": "system-ui, sans-serif", "font-size": LETTERS, fill: INK });
  const heads = wrapped(title);
  let top = 0;
  const body = element("g", {});
  for (const line of heads) {
    top += LINE;
    body.append(text(line, { x: AROUND.left, y: top, "font-weight": 600 }));
  }
  for (const panel of panels) {
    const [part, height] = panel.bars ? ranges(panel) : curve(panel);
    part.setAttribute("transform", `translate(0 ${top})`);
    body.append(part);
    top += height;
  }
  for (const line of wrapped(source, 88)) {
    body.append(text(line, { x: 8, y: top + 12, "font-size": SMALL }));
    top += 16;
  }
  const size = { width: WIDTH, height: top + 8 };
  const name = element("title", {});
  name.textContent = title;
  for (const [key, value] of Object.entries({ ...size, viewBox: `0 0 ${size.width} ${size.height}` })) picture.setAttribute(key, value);
  picture.append(name, element("rect", { ...size, fill: PAPER }), body);
  return new XMLSerializer().serializeToString(picture);
}

/** A curve over an axis, with marks; what has no number is a gap. */
function curve({ across, up, marks }) {
  const panel = element("g", {});
  const box = { left: AROUND.left, right: WIDTH - AROUND.right, top: AROUND.top, bottom: HEIGHT - AROUND.bottom };
  const x = scale(across, box.left, box.right);
  const y = scale(up, box.bottom, box.top);
  for (const tick of x.ticks) {
    panel.append(line(x.at(tick), box.top, x.at(tick), box.bottom, PALE));
    panel.append(text(compact.format(tick), { x: x.at(tick), y: box.bottom + 18, "text-anchor": "middle" }));
  }
  for (const tick of y.ticks) {
    panel.append(line(box.left, y.at(tick), box.right, y.at(tick), PALE));
    panel.append(text(compact.format(tick), { x: box.left - 8, y: y.at(tick) + 4, "text-anchor": "end" }));
  }
  panel.append(line(box.left, box.bottom, box.right, box.bottom, INK), line(box.left, box.top, box.left, box.bottom, INK));
  panel.append(text(across.label, { x: (box.left + box.right) / 2, y: box.bottom + 40, "text-anchor": "middle" }));
  panel.append(text(up.label, { x: box.left, y: box.top - 12 }));
  let path = "";
  for (const [place, value] of up.values.entries()) {
    if (value === null) continue;
    const joined = place && up.values[place - 1] !== null;
    path += `${joined ? "L" : "M"}${rounded(x.at(across.values[place]))} ${rounded(y.at(value))}`;
    panel.append(element("circle", { cx: rounded(x.at(across.values[place])), cy: rounded(y.at(value)), r: 2.5, fill: BLUE }));
  }
  panel.append(element("path", { d: path, fill: "none", stroke: BLUE, "stroke-width": 2 }));
  for (const mark of marks) {
    if (typeof mark.x !== "number" || typeof mark.y !== "number") continue;
    const at = { cx: rounded(x.at(mark.x)), cy: rounded(y.at(mark.y)) };
    panel.append(element("circle", { ...at, r: mark.label ? 9 : 6, fill: mark.label ? PAPER : INK, stroke: INK }));
    if (mark.label) panel.append(text(mark.label, { x: at.cx, y: at.cy + 4, "font-size": SMALL, "text-anchor": "middle" }));
  }
  return [panel, HEIGHT];
}

/** Bars from one number to another, each in a row with its name. */
function ranges({ bars, label }) {
  const panel = element("g", {});
  const left = 230;
  const bottom = AROUND.top + 2 * LINE * bars.length;
  const known = bars.flatMap(({ from, to }) => [from, to]);
  const x = scale({ values: known, logarithmic: false, limits: [Math.min(0, ...known), Math.max(...known) * 1.05] }, left, WIDTH - AROUND.right);
  for (const tick of x.ticks) {
    panel.append(line(x.at(tick), AROUND.top - 8, x.at(tick), bottom, PALE));
    panel.append(text(compact.format(tick), { x: x.at(tick), y: bottom + 18, "text-anchor": "middle" }));
  }
  for (const [place, { name, from, to }] of bars.entries()) {
    const middle = AROUND.top + 2 * LINE * place + LINE / 2;
    const lines = wrapped(name, 34).slice(0, 2);
    for (const [number, part] of lines.entries()) {
      panel.append(text(part, { x: left - 10, y: middle + 16 * (number - (lines.length - 1) / 2) + 4, "text-anchor": "end" }));
    }
    const [start, end] = [from, to].map(x.at).sort((one, other) => one - other);
    panel.append(element("rect", { x: rounded(start), y: middle - 9, width: rounded(Math.max(2, end - start)), height: 18, fill: BLUE }));
  }
  panel.append(text(label, { x: (left + WIDTH - AROUND.right) / 2, y: bottom + 40, "text-anchor": "middle" }));
  return [panel, bottom + AROUND.bottom];
}

/** Where numbers stand between two ends of an axis, and its ticks. */
function scale({ logarithmic, limits }, from, to) {
  const [low, high] = limits;
  const share = logarithmic ? (value) => Math.log(value / low) / Math.log(high / low) : (value) => (value - low) / (high - low);
  const most = Math.max(2, Math.floor(Math.abs(to - from) / CLOSEST));
  return { at: (value) => from + (to - from) * share(value), ticks: logarithmic ? powers(low, high, most) : even(low, high, FEW) };
}

async function asPng(source) {
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(source)}`;
  await picture.decode();
  const canvas = made("canvas", { width: SHARPER * picture.width, height: SHARPER * picture.height });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** A text in lines of so many letters; a word that is longer is cut. */
function wrapped(whole, most = 68) {
  const lines = [""];
  for (const word of whole.split(" ").flatMap((each) => each.match(new RegExp(`.{1,${most}}`, "gu")) ?? [])) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function rounded(value) {
  return Math.round(10 * value) / 10;
}

function line(x1, y1, x2, y2, stroke) {
  return element("line", { x1: rounded(x1), y1: rounded(y1), x2: rounded(x2), y2: rounded(y2), stroke });
}

function text(content, { x, y, ...rest }) {
  const found = element("text", { x: rounded(x), y: rounded(y), ...rest });
  found.textContent = content;
  return found;
}

function element(tag, attributes) {
  const found = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  return found;
}

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
