// The first page's form: a verb at a time, its answer beside it. Nothing is calculated until somebody changes something.
import { marked, message as _ } from "../_static/messages.mjs";
import { settled, tell, waiting } from "./answer.mjs";
import { workerOf } from "./work.mjs";

const PAUSE = 150; // milliseconds without a change before an answer is asked for
const SPAN = 4; // the picture goes from a quarter of a value to four times it
const POINTS = 9;
const FORGET = ["verb"];

const root = document.querySelector(".verbs");
const { verbs } = await (await fetch(new URL("./verbs.json", import.meta.url))).json();
const sections = new Map([...root.querySelectorAll("section[data-verb]")].map((section) => [section.dataset.verb, section]));
const workers = new Map(); // by question
const plots = new Map(); // by verb: what draws its picture
let current = verbs[0].name;
let turn = 0; // of the last answer that was asked for

function verbOf(name) {
  return verbs.find((verb) => verb.name === name);
}

function fieldsOf(name) {
  const section = sections.get(name);
  return verbOf(name).fields.map((parameter) => {
    const control = section.querySelector(`[name="${parameter.name}"]`);
    return { parameter, control, error: document.getElementById(`${control.id}-error`) };
  });
}

function textsOf(name) {
  return Object.fromEntries(fieldsOf(name).map(({ parameter, control }) => [parameter.name, control.value.trim()]));
}

const holds = (when, texts) => Object.entries(when).every(([key, text]) => texts[key] === text);

/** Show the fields that go with what is chosen. */
function offer(name) {
  const texts = textsOf(name);
  for (const { parameter, control } of fieldsOf(name)) {
    control.closest(".verbs-field").hidden = !holds(parameter.when, texts);
  }
}

function choose(name) {
  current = name;
  for (const button of root.querySelectorAll(".verbs-names button")) {
    button.setAttribute("aria-pressed", String(button.dataset.verb === name));
  }
  for (const [verb, section] of sections) section.hidden = verb !== name;
  offer(name);
  const verb = verbOf(name);
  if (verb.points && !plots.has(name)) draw(name, verb.pictures[0], verb.points);
}

/** What asks the worker of a verb's question, which starts when it is needed first. */
async function askerOf({ question }) {
  if (!workers.has(question)) {
    const ask = workerOf(question);
    workers.set(question, ask("prepare").then(() => ask));
  }
  return workers.get(question);
}

async function answer(name) {
  const verb = verbOf(name);
  const section = sections.get(name);
  const mine = (turn += 1);
  const texts = textsOf(name);
  const sentence = section.querySelector(".verbs-sentence");
  waiting(sentence);
  try {
    const ask = await askerOf(verb);
    if (mine !== turn) return;
    const { refusals, ...results } = await ask("calculate", texts);
    if (mine !== turn) return;
    for (const { parameter, error, control } of fieldsOf(name)) {
      const refusal = refusals?.find(({ argument }) => argument === parameter.name);
      error.textContent = refusal?.message ?? "";
      error.hidden = !refusal;
      control.toggleAttribute("aria-invalid", Boolean(refusal));
    }
    section.classList.toggle("verbs-old", Boolean(refusals));
    if (refusals) {
      const known = verb.fields.map((parameter) => parameter.name);
      const beside = refusals.find(({ argument }) => !known.includes(argument));
      if (beside) tell(sentence, { sentence: beside.message, kind: "unfit" });
      else settled(sentence, true);
      return;
    }
    tell(sentence, results);
    for (const row of section.querySelectorAll("[data-result]")) {
      const { result } = row.dataset;
      row.querySelector("dd").firstChild.textContent = `${results.texts[result]} `;
      row.querySelector("dd small").textContent = results.units[result];
    }
    keep(verb, texts);
    const picture = verb.pictures.find(({ when }) => holds(when, texts));
    if (!picture) return;
    const here = Number(results.given[picture.across.name]);
    const across = spaced(picture.across, here);
    const { only } = picture;
    const found = await ask("along", { name: picture.across.name, values: [...across, here], result: picture.along.name, only });
    if (mine === turn) draw(name, picture, { across, here, ...found });
  } catch ({ message: reason }) {
    sentence.textContent = _("The calculator does not work here: {reason}.", { reason });
  } finally {
    if (mine === turn) {
      sentence.removeAttribute("aria-busy");
      performance.mark("verbs-answered");
    }
  }
}

/** Values round one, evenly in their logarithms, within a parameter's limits. */
function spaced({ type, low, high }, value) {
  const middle = value || 1;
  const values = Array.from({ length: POINTS }, (_, place) => middle * SPAN ** (place / ((POINTS - 1) / 2) - 1));
  const kept = values.map((each) => Math.min(high, Math.max(low, each))).map((each) => (type === "int" ? Math.round(each) : each));
  return [...new Set(kept)];
}

/** Draw a result along a parameter, with a mark where the answer is: the last of the values. */
async function draw(name, { across, along }, { across: values, ...found }) {
  const place = sections.get(name).querySelector(".verbs-picture");
  const here = marked("the answer has {up} with {across}");
  plots.set(name, plots.get(name) ?? import("./curves.mjs").then(({ plotsIn }) => plotsIn(place, here, "")));
  const plot = await plots.get(name);
  const last = values.length;
  const seen = found.values.slice(0, last);
  place.hidden = seen.filter((value) => value !== null).length < 2;
  if (place.hidden) return;
  const [label] = across.meaning.split(/[,，]/);
  const curves = [
    { ...across, name: "across", label, values, texts: found.given.slice(0, last) },
    { ...along, name: "along", values: seen, texts: found.texts.slice(0, last) },
  ];
  const mark = {
    label: "",
    values: { across: found.here, along: found.values[last] },
    texts: { across: found.given[last], along: found.texts[last] },
  };
  plot(curves, [mark]);
}

/** Keep what differs from the start in the address, and hand it on to the chapter. */
function keep(verb, texts) {
  const changed = verb.fields.filter((parameter) => texts[parameter.name] !== parameter.default);
  const query = new URLSearchParams(changed.map((parameter) => [parameter.name, texts[parameter.name]]));
  const link = sections.get(verb.name).querySelector(".verbs-more a");
  link.search = query;
  const address = new URL(location.href);
  address.search = query;
  if (verb.name !== verbs[0].name || [...query].length) address.searchParams.set("verb", verb.name);
  history.replaceState(null, "", address);
}

/** Take what an address says for one of the verbs; what it does not know is others' business. */
function open() {
  const given = new URLSearchParams(location.search);
  const verb = verbs.find(({ name }) => name === given.get("verb")) ?? verbs[0];
  let found = false;
  for (const { parameter, control } of fieldsOf(verb.name)) {
    if (!given.has(parameter.name) || FORGET.includes(parameter.name)) continue;
    control.value = given.get(parameter.name);
    found ||= control.value !== parameter.default;
  }
  choose(verb.name);
  if (found) answer(verb.name);
}

let pause = 0;
root.addEventListener("submit", (event) => event.preventDefault());
root.addEventListener("input", () => {
  offer(current);
  clearTimeout(pause);
  pause = setTimeout(() => answer(current), PAUSE);
});
root.querySelector(".verbs-names").addEventListener("click", ({ target }) => {
  if (target.dataset.verb) choose(target.dataset.verb);
});
// The interpreter is on its way as soon as somebody is about to type.
root.addEventListener("focusin", ({ target }) => {
  if (target.form) askerOf(verbOf(current)).catch(() => {});
});

open();
root.classList.add("verbs-ready");
root.querySelector(".verbs-names").hidden = false;
for (const fieldset of root.querySelectorAll("fieldset")) fieldset.disabled = false;
performance.mark("verbs-ready");
