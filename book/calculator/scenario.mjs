// A scenario is what differs from the document's assumptions: in the address, as commands, as a program.
// A planner's address holds the scenarios that were saved, too, each as a query of its own.
import { same } from "./inputs.mjs";

export const MOST_SAVED = 3;

export function changes(model, texts) {
  return model.parameters.filter((parameter) => !same(parameter, texts[parameter.name], parameter.default));
}

function query(model, texts) {
  return new URLSearchParams(changes(model, texts).map(({ name }) => [name, texts[name]]));
}

export function address(model, texts, saved = []) {
  const url = new URL(location.href);
  const whole = query(model, texts);
  for (const scenario of saved) whole.append("saved", query(model, scenario));
  // The exercises of the chapter keep their numbers, what is drawn stays drawn, and tables stay filtered.
  for (const [name, text] of url.searchParams) {
    if (name === "seed" || name === "whatif" || /^rows\d*(-|$)/.test(name)) whole.set(name, text);
  }
  url.search = whole;
  return url.href;
}

/** Read an address: the texts of all parameters, those of saved scenarios, and what is left out of it. */
export function fromAddress(model, search) {
  const parts = new URLSearchParams(search);
  const given = model.curves ? parts.getAll("saved") : [];
  const now = fromQuery(model, parts);
  const saved = given.slice(0, MOST_SAVED).map((part) => fromQuery(model, new URLSearchParams(part)));
  const wrong = [...now.wrong, ...saved.flatMap((scenario) => scenario.wrong)];
  if (given.length > MOST_SAVED) wrong.push(`saved is given more than ${MOST_SAVED} times`);
  return { texts: now.texts, saved: saved.map((scenario) => scenario.texts), wrong };
}

/** Names that are no parameters are others' business: those who pass links on add marks of their own. */
function fromQuery(model, parts) {
  const texts = {};
  const wrong = [];
  for (const { name, default: text } of model.parameters) {
    const given = parts.getAll(name);
    if (given.length > 1) wrong.push(`${name} is given ${given.length} times`);
    texts[name] = given.length === 1 ? given[0].trim() : text;
  }
  return { texts, wrong };
}

/** The same question, answered in a terminal. */
export function command(model, texts) {
  const changed = changes(model, texts).map(({ name }) => ` ${name}=${quoted(texts[name])}`);
  return `llmcalc answer ${model.notebook}${changed.join("")}`;
}

/** A rerun's numbers are single ones: of a range the middle. */
export function rerun(model, texts, { given, ranges }) {
  const text = (name) => (ranges.includes(name) ? given[name] : texts[name]);
  const changed = changes(model, texts).map(({ name }) => `${name}=${quoted(text(name))}`);
  const within = changed.join(" ").replaceAll('"', '\\"');
  return `make rerun NOTEBOOK=${model.notebook}${changed.length ? ` PARAMS="${within}"` : ""}`;
}

export function papermill(model, texts, { given }) {
  const changed = changes(model, texts).map(({ name, type }) => {
    return ` -p ${name} ${type === "str" ? quoted(texts[name]) : given[name]}`;
  });
  return `papermill notebooks/${model.notebook}.md out.ipynb${changed.join("")}`;
}

/** The same question, asked in Python: `given` has the values as Python writes them. */
export function program(model, texts, { given, ranges }) {
  if (ranges.length) {
    const told = changes(model, texts).map(({ name }) => {
      return `"${name}": ${ranges.includes(name) ? JSON.stringify(texts[name]) : given[name]}`;
    });
    return `from llmcalc import answers, spread\n\nprint(spread.sample(answers.${model.function}, {${told.join(", ")}}).told())\n`;
  }
  const changed = changes(model, texts).map(({ name }) => `${name}=${given[name]}`);
  return `from llmcalc import answers\n\nprint(answers.${model.function}(${changed.join(", ")}))\n`;
}

function quoted(text) {
  return /^[\w.+-]+$/.test(text) ? text : `'${text}'`;
}
