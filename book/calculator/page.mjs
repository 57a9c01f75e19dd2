// Makes a chapter's calculator work: its inputs, its headline table, the address bar and what can be copied.
import { positionOf, problem, valueAt } from "./inputs.mjs";
import { load, prepare } from "./python.mjs";
import * as scenario from "./scenario.mjs";

const FRAME = 16; // milliseconds
const PAUSE = 700; // milliseconds without a change before a result is read out

// This script runs as early as it can: what it loads is then there when the page is.
const name = document.querySelector("script[data-calculator]").dataset.calculator;
const [python, model] = await Promise.all([load(), fetchModel()]);
const calculate = prepare(python, model);
if (document.readyState === "loading") {
  await new Promise((parsed) => document.addEventListener("readystatechange", parsed, { once: true }));
}

const root = document.querySelector(".calculator");
const form = root.querySelector("form");
const part = (selector) => root.querySelector(selector);
const [note, alarm, summary] = [".calculator-note", ".calculator-alert", ".calculator-summary"].map(part);

const rows = [...root.querySelectorAll("table.headline tr")].map((row) => {
  const before = document.createElement("small");
  row.cells[0].append(before);
  return { value: row.cells[1], before };
});
const fields = new Map(
  model.parameters.map((parameter) => {
    const control = form.elements[parameter.name];
    const error = document.getElementById(`${control.id}-error`);
    return [parameter.name, { parameter, control, error, slider: part(`[data-slides="${parameter.name}"]`) }];
  }),
);

async function fetchModel() {
  return (await fetch(new URL(`./${name}.json`, import.meta.url))).json();
}

let shown; // texts of the scenario whose results the table shows
let latest = model.parameters[0].name; // the parameter that was changed last
let waiting = 0;
let cost = 0; // milliseconds that the last update took
let announcement = 0;

function read() {
  const texts = {};
  for (const [key, { parameter, control }] of fields) {
    texts[key] = parameter.type === "bool" ? String(control.checked) : control.value.trim();
  }
  return texts;
}

function write(texts) {
  for (const [key, { parameter, control }] of fields) {
    if (parameter.type === "bool") control.checked = texts[key] === "true";
    else control.value = texts[key];
    moveSlider(key);
  }
}

function moveSlider(key) {
  const { parameter, control, slider } = fields.get(key);
  if (!slider) return;
  if (document.activeElement !== slider) slider.value = positionOf(parameter, control.value);
  slider.setAttribute("aria-valuetext", control.value);
}

function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** Problems by parameter: of single values, or llmcalc's own refusal of them together. */
function evaluate(texts) {
  const problems = {};
  for (const [key, { parameter }] of fields) {
    const found = problem(parameter, texts[key]);
    if (found) problems[key] = found;
  }
  if (Object.keys(problems).length) return { problems };
  const { texts: results, refusal } = calculate(texts);
  if (refusal === undefined) return { problems, results };
  const named = refusal.match(/^\w+/)?.[0];
  return { problems: { [fields.has(named) ? named : latest]: refusal } };
}

/** Show what the inputs give; where they give nothing, say why, and keep the last answer. */
function update() {
  clearTimeout(waiting);
  performance.clearMeasures("calculator-update");
  const began = performance.now();
  const texts = read();
  const { problems, results } = evaluate(texts);
  for (const [key, { control, error }] of fields) {
    say(error, problems[key] ?? "");
    if (key in problems) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
  if (results) show(texts, results);
  performance.measure("calculator-update", { start: began });
  cost = performance.now() - began;
  return Boolean(results);
}

function show(texts, results) {
  shown = texts;
  model.results.forEach((result, position) => {
    const { value, before } = rows[position];
    value.textContent = results[result.name];
    before.textContent = results[result.name] === result.text ? "" : `the document’s: ${result.text}`;
  });
  for (const output of ["rerun", "papermill", "program"]) {
    part(`[data-text="${output}"]`).textContent = scenario[output](model, texts);
  }
  clearTimeout(announcement);
  announcement = setTimeout(() => {
    const [{ name: first, label, unit }] = model.results;
    const spoken = `${label}: ${results[first]}${unit === "1" ? "" : ` ${unit}`}`;
    if (summary.textContent !== spoken) summary.textContent = spoken;
  }, PAUSE);
}

/** Take what an address says; a wrong address changes nothing and says why. */
function open() {
  const { texts, wrong } = scenario.fromAddress(model, location.search);
  const { problems, results } = wrong ? { problems: { wrong } } : evaluate(texts);
  const reasons = Object.values(problems);
  write(results ? texts : scenario.fromAddress(model, "").texts);
  update();
  say(alarm, reasons.length ? `This link is not used: ${reasons.join("; ")}` : "");
}

/** Keep a finished change in the address and in the browser's history. */
function commit() {
  if (!update()) return;
  say(alarm, "");
  const address = scenario.address(model, shown);
  if (address !== location.href) history.pushState(null, "", address);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", ({ target }) => {
  latest = target.dataset.slides ?? target.name;
  const { parameter, control } = fields.get(latest);
  if (target.dataset.slides) control.value = valueAt(parameter, Number(target.value));
  moveSlider(latest);
  clearTimeout(waiting);
  // A chapter that takes longer than a frame waits for the hand to rest, so that the slider does not stick.
  waiting = setTimeout(update, cost > FRAME ? 10 * FRAME : 0);
});
form.addEventListener("change", commit);
form.addEventListener("click", ({ target }) => {
  if (target.dataset.action === "reset") {
    write(scenario.fromAddress(model, "").texts);
    commit();
  } else if (target.dataset.action === "link") {
    copy(target, scenario.address(model, shown));
  } else if (target.dataset.copy) {
    copy(target, part(`[data-text="${target.dataset.copy}"]`).textContent);
  }
});
addEventListener("popstate", open);

async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Your browser does not let pages copy";
  }
  setTimeout(() => (button.textContent = label), 1500);
}

open();
form.querySelector("fieldset").disabled = false;
for (const button of form.querySelectorAll(".calculator-actions button")) button.disabled = false;
note.textContent = "The table follows your assumptions. Text and figures below keep to the document’s.";
performance.mark("calculator-ready");
