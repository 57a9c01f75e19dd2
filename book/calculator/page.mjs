// Makes a chapter's calculator work: its inputs, its headline table, the address bar and what can be copied.
import { message as _ } from "../_static/messages.mjs";
import { settled, tell, waiting } from "./answer.mjs";
import { ask, model, prepared } from "./calculation.mjs";
import { choose, positionOf, same, valueAt } from "./inputs.mjs";
import * as scenario from "./scenario.mjs";

const PAUSE = 700; // milliseconds without a change before a result is read out
const REST = 120; // milliseconds without a change before the curves of a planner are drawn

const planner = Boolean(model.curves);
const NOT_OF_LINK = scenario.ofDocument(model)
  ? _("What this link asks for is not shown: the answer is that of the document’s assumptions.")
  : _("What this link asks for is not shown: the answer is that of the page’s assumptions.");
if (document.readyState === "loading") {
  await new Promise((parsed) => document.addEventListener("readystatechange", parsed, { once: true }));
}

const root = document.querySelector(".calculator");
const form = root.querySelector("form");
const part = (selector) => root.querySelector(selector);
const [note, alarm, summary] = [".calculator-note", ".calculator-alert", ".calculator-summary"].map(part);

const sentence = document.querySelector(".answer-sentence");

const rows = new Map(
  [...root.querySelectorAll("table.headline tr[data-result]")].map((row) => {
    const before = document.createElement("small");
    row.cells[0].append(before);
    return [row.dataset.result, { value: row.cells[1], unit: row.cells[2], before }];
  }),
);
const fields = new Map(
  model.parameters.map((parameter) => {
    const control = form.elements[parameter.name];
    const error = document.getElementById(`${control.id}-error`);
    return [parameter.name, { parameter, control, error, slider: part(`[data-slides="${parameter.name}"]`) }];
  }),
);

let shown; // texts of the scenario whose results the table shows
let answer; // its results
let calculated = false; // whether the worker has results to draw
let marks = []; // of a planner: scenarios that are compared, to be marked on its curves
let latest = model.parameters[0].name; // the parameter that was changed last
let running = null; // the update under way
let queued = null; // the one that follows it
let announcement = 0;
let drawing = 0;
let spread; // shows how far results spread, once somebody has given a range

let whatIf; // draws one number over another, once its place has come near
let plot; // of a planner, once its figure has come near: draws its curves
let takeAlong; // writes down what can be taken along, once somebody has asked for it
let compare; // compares the answer with scenarios that were saved, once somebody has asked for them

whenNear(part(".calculator-whatif"), async (section) => {
  const { createWhatIf } = await import("./whatif.mjs");
  whatIf = createWhatIf(section, model, aboutAnswer);
  if (answer) seeWhatIf();
});
if (planner) {
  whenNear(document.getElementById(model.figure), async (figure) => {
    const { createPlots } = await import("./curves.mjs");
    plot = createPlots(figure, document.querySelector("table.curves"), aboutAnswer);
    if (answer) drawAll();
  });
}

/** What the answer at hand rests on, and where it can be seen. */
function aboutAnswer() {
  const assumptions = model.parameters.map(({ name, meaning, unit }) => ({ name, label: meaning, unit, value: shown[name] }));
  return {
    question: model.notebook,
    asks: model.title,
    version: model.version,
    source: scenario.address(model, shown),
    assumptions,
  };
}

/** Do something once an element has come near. */
function whenNear(element, then) {
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      then(element);
    },
    { rootMargin: "50%" },
  );
  watch.observe(element);
}

async function seeWhatIf() {
  await calculateFirst();
  whatIf(answer);
}

/** The worker draws from its last answer, and of the page as it came it has none yet; a newer one that is under way stays. */
async function calculateFirst() {
  if (!calculated) await ask("calculateFirst", shown);
  calculated = true;
}

// Nobody else waits for what the worker can't do.
addEventListener("unhandledrejection", ({ reason }) => failed(reason));
prepared.catch(failed);

function failed({ message }) {
  settled(sentence, false);
  const why = _("The calculator does not work here: {reason}.", { reason: message });
  say(alarm, shown || !location.search ? why : [why, NOT_OF_LINK].join(" "));
}

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
    else if (parameter.choices) choose(control, texts[key]);
    else control.value = texts[key];
    moveSlider(key);
    if (!same(parameter, texts[key], parameter.default)) reveal(control);
  }
  offerFormats();
}

/** Number formats that the device has, the usual ones first. */
function formatsOfDevice() {
  const { value } = form.elements.accelerator;
  const own = value.startsWith("{") ? Object.keys(JSON.parse(value)) : [];
  const has = model.formats.devices[value] ?? own.map((key) => key.replace("peak_", ""));
  return ["bf16", "fp16", "tf32", "fp32", "fp8", "int8", "fp4", "int4", "fp64"].filter((format) => has.includes(format));
}

/** Offer only formats that the device has; with `settle`, take one of them where another was chosen. */
function offerFormats(settle = false) {
  for (const [key, products] of Object.entries(model.formats.parameters ?? {})) {
    const has = formatsOfDevice();
    const menu = fields.get(key).control;
    for (const option of menu.options) {
      option.value = option.value; // which its text no longer tells
      const needed = products[option.value];
      option.disabled = needed.length > 0 && !needed.some((format) => has.includes(format));
      const format = _(option.value);
      option.textContent = option.disabled ? _("{format}: no peak is known", { format }) : format;
    }
    if (settle && menu.selectedOptions[0]?.disabled && has.length) {
      menu.value = has.find((format) => format in products) ?? menu.value;
    }
  }
}

/** Open the group of a control, so that what it says is seen. */
function reveal(control) {
  const group = control.closest("details");
  if (group) group.open = true;
}

function moveSlider(key, value = fields.get(key).control.value) {
  const { parameter, control, slider } = fields.get(key);
  if (!slider) return;
  if (document.activeElement !== slider) slider.value = positionOf(parameter, value);
  slider.setAttribute("aria-valuetext", control.value);
}

function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

/** Results, or what llmcalc refuses, by parameter; what names none of them stands at the one that was changed last. */
async function evaluate(texts) {
  const problems = {};
  const { refusals, ...results } = await ask("calculate", texts);
  if (!refusals) {
    calculated = true;
    return { problems, results };
  }
  for (const { argument, message } of refusals) problems[fields.has(argument) ? argument : latest] = message;
  return { problems };
}

/** Show what the inputs give, one update at a time, the last of which takes the inputs as they are then. */
function update() {
  if (!running) {
    running = show(performance.now()).finally(() => (running = null));
    return running;
  }
  queued ??= running.then(() => {
    queued = null;
    return update();
  });
  return queued;
}

/** Show what the inputs give; where they give nothing, say why, and keep the last answer. */
async function show(began) {
  const texts = read();
  waiting(sentence);
  return showEvaluated(began, texts, await evaluate(texts));
}

function showEvaluated(began, texts, { problems, results }) {
  performance.clearMeasures("calculator-update");
  for (const [key, { control, error }] of fields) {
    say(error, problems[key] ?? "");
    if (key in problems) {
      control.setAttribute("aria-invalid", "true");
      reveal(control);
    } else control.removeAttribute("aria-invalid");
  }
  if (results) showResults(texts, results);
  else {
    settled(sentence, true);
    readOut(_("No answer: {reason}", { reason: Object.values(problems)[0] }));
  }
  performance.measure("calculator-update", { start: began });
  return Boolean(results);
}

function showResults(texts, results) {
  shown = texts;
  answer = results;
  // What people write, such as 40%, is a number only when it has been read.
  for (const [key, value] of Object.entries(results.given)) moveSlider(key, value);
  for (const { name: key, text } of model.results) {
    const { value, unit, before } = rows.get(key);
    value.textContent = results.texts[key];
    value.classList.toggle("words", typeof results.values[key] !== "number");
    unit.textContent = results.units[key];
    // A planner's results are many.
    before.textContent = planner || results.texts[key] === text ? "" : startedWith(text);
  }
  if (results.sentence !== sentence.textContent) readOut(results.sentence);
  tell(sentence, results);
  showSpread(results.ranges);
  takeAlong?.(texts);
  compare?.(texts);
  if (whatIf) seeWhatIf();
  if (planner) {
    clearTimeout(drawing);
    drawing = setTimeout(drawAll, REST);
  }
}

/** A result of the page as it came. */
function startedWith(text) {
  return scenario.ofDocument(model) ? _("the document’s: {text}", { text }) : _("the page’s: {text}", { text });
}

/** Have a text read out once the hand rests. */
function readOut(text) {
  clearTimeout(announcement);
  announcement = setTimeout(() => {
    if (summary.textContent !== text) summary.textContent = text;
  }, PAUSE);
}

/** Draw the curves, which takes the worker as long as an answer does: the next answer would wait for them. */
async function drawAll() {
  if (!plot) return;
  await calculateFirst();
  const began = performance.now();
  const curves = await ask("draw");
  plot(curves, [{ label: "", ...answer }, ...marks]);
  performance.clearMeasures("calculator-curves");
  performance.measure("calculator-curves", { start: began });
}

/** Say how far results spread where numbers were given as ranges; a newer answer ends it. */
async function showSpread(ranges) {
  if (ranges.length) ({ spread } = await import("./spread.mjs"));
  await spread?.(ranges, { root, rows, fields, model, about: aboutAnswer, isCurrent: () => answer?.ranges === ranges });
  if (ranges.length && answer?.ranges === ranges) takeAlong?.(shown); // which names the number of points
}

/** The results of the page as it came. */
function known() {
  const by = (key) => Object.fromEntries(model.results.map((result) => [result.name, result[key]]));
  return { texts: by("text"), units: by("behind"), values: by("value"), given: {}, ranges: [], sentence: sentence.textContent, kind: sentence.dataset.kind };
}

/** A scenario of an address without what is refused in it, and the reasons. */
async function settle(given) {
  const texts = { ...given };
  const reasons = [];
  for (;;) {
    const evaluated = await evaluate(texts);
    const refused = Object.entries(evaluated.problems);
    if (!refused.length) return { texts, reasons, results: evaluated.results };
    reasons.push(...refused.map(([, message]) => message));
    const changed = scenario.changes(model, texts).map(({ name }) => name);
    if (!changed.length) return { texts, reasons };
    // A value that the page has anyway is refused for the others, which then go.
    const bad = refused.map(([key]) => key).filter((key) => changed.includes(key));
    for (const key of bad.length ? bad : changed) texts[key] = fields.get(key).parameter.default;
  }
}

/** Take what an address says: what is unknown in it is passed over, and what is refused is left out and said. */
async function open() {
  const { texts, wrong } = scenario.fromAddress(model, location.search);
  const began = performance.now();
  if (!scenario.changes(model, texts).length && !shown) {
    // Nobody waits for what the page shows already.
    write(texts);
    showEvaluated(began, texts, { problems: {}, results: known() });
    say(alarm, leftOut(wrong));
    return;
  }
  const now = await settle(texts);
  write(now.texts);
  if (now.results) showEvaluated(began, now.texts, { problems: {}, results: now.results });
  say(alarm, leftOut([...wrong, ...now.reasons]));
}

function leftOut(reasons) {
  return reasons.length ? _("Left out of this link: {reasons}", { reasons: reasons.join("; ") }) : "";
}

/** Keep a finished change in the address and in the browser's history. */
async function commit() {
  if (!(await update())) return;
  say(alarm, "");
  const address = scenario.address(model, shown);
  if (address !== location.href) history.pushState(null, "", address);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", ({ target }) => {
  latest = target.dataset.slides ?? target.name;
  const { parameter, control } = fields.get(latest);
  if (latest === "accelerator") offerFormats();
  if (target.dataset.slides) control.value = valueAt(parameter, Number(target.value));
  moveSlider(latest);
  update();
});
form.addEventListener("change", ({ target }) => {
  if (target.name === "accelerator") offerFormats(true);
  commit();
});
form.addEventListener("click", async ({ target }) => {
  if (target.dataset.usual) {
    latest = target.dataset.usual;
    fields.get(latest).control.value = target.dataset.range;
    moveSlider(latest);
    commit();
  } else if (target.dataset.action === "reset") {
    write(scenario.fromAddress(model, "").texts);
    commit();
  } else if (target.dataset.action === "link") {
    const { copy } = await import("./files.mjs");
    copy(target, scenario.address(model, shown));
  }
});
addEventListener("popstate", open);
for (const section of form.querySelectorAll("[data-own]")) {
  const { parameter, control } = fields.get(section.dataset.own);
  section.addEventListener("toggle", async () => {
    const { fill } = await import("./own.mjs");
    fill(section, parameter, control);
  }, { once: true });
}

part(".calculator-take").addEventListener("toggle", async ({ target }) => {
  const { createTake } = await import("./take.mjs");
  takeAlong = createTake(target, model, (texts) => scenario.address(model, texts));
  takeAlong(shown);
}, { once: true });
const linked = scenario.savedIn(model, location.search);
part(".calculator-scenarios").addEventListener("toggle", async ({ target }) => {
  const { createScenarios } = await import("./scenarios.mjs");
  compare = createScenarios(target, model, {
    linked,
    labelOf: (name) => root.querySelector(`label[for="${fields.get(name).control.id}"]`).textContent,
    onOpen(texts) {
      write(texts);
      commit();
    },
    onCompared(scenarios) {
      marks = scenarios;
      if (plot) drawAll();
    },
  });
  compare(shown);
}, { once: true });

await open();
form.querySelector("fieldset").disabled = false;
for (const button of form.querySelectorAll(".calculator-actions button")) button.disabled = false;
const follows = planner
  ? _("The answer and the curves follow your assumptions. The text below keeps to those at first.")
  : scenario.ofDocument(model)
    ? _("The answer follows your assumptions. The text and figures below still use the document’s.")
    : _("The answer follows your assumptions. The text and figures below still use the page’s.");
// Translators: a range is typed as it stands here, with "to".
const ranges = _("A range, such as 0.3 to 0.5, may stand in for any number.");
note.textContent = [follows, ranges].join(" ");
if (linked.length) part(".calculator-scenarios").open = true;
performance.mark("calculator-ready");
