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
  url.search = whole;
  return url.href;
}

/** Read an address: the texts of all parameters, those of saved scenarios, and what is wrong with it. */
export function fromAddress(model, search) {
  const parts = new URLSearchParams(search);
  const saved = model.curves ? parts.getAll("saved").map((part) => fromQuery(model, new URLSearchParams(part))) : [];
  if (model.curves) parts.delete("saved");
  const { texts, wrong } = fromQuery(model, parts);
  const reasons = [wrong, ...saved.map((scenario) => scenario.wrong)].filter(Boolean);
  if (saved.length > MOST_SAVED) reasons.push(`saved is given more than ${MOST_SAVED} times`);
  return { texts, saved: saved.map((scenario) => scenario.texts), wrong: reasons.join("; ") };
}

function fromQuery(model, parts) {
  const texts = Object.fromEntries(model.parameters.map(({ name, default: text }) => [name, text]));
  const seen = new Set();
  for (const [name, text] of parts) {
    // Other people's parameters, such as utm_source, say nothing of this scenario.
    if (!model.parameters.some((parameter) => parameter.name === name)) continue;
    if (seen.has(name)) return { texts, wrong: `${name} is given twice` };
    seen.add(name);
    texts[name] = text.trim();
  }
  return { texts, wrong: "" };
}

export function rerun(model, texts) {
  const changed = changes(model, texts).map(({ name }) => `${name}=${quoted(texts[name])}`);
  return `make rerun NOTEBOOK=${model.notebook}${changed.length ? ` PARAMS="${changed.join(" ")}"` : ""}`;
}

export function papermill(model, texts) {
  const changed = changes(model, texts).map((parameter) => {
    const text = texts[parameter.name];
    return ` -p ${parameter.name} ${parameter.type === "bool" ? literal(parameter, text) : quoted(text)}`;
  });
  return `papermill notebooks/${model.notebook}.md out.ipynb${changed.join("")}`;
}

export function command(model, texts) {
  const changed = changes(model, texts).map(({ name }) => ` ${name}=${quoted(texts[name])}`);
  return `llmcalc answer ${model.notebook}${changed.join("")}`;
}

export function program(model, texts) {
  const given = changes(model, texts).map((parameter) => {
    return `    ${parameter.name}=${literal(parameter, texts[parameter.name])},\n`;
  });
  return `from llmcalc import answers\n\nprint(answers.${model.answer}(${given.length ? `\n${given.join("")}` : ""}))\n`;
}

function quoted(text) {
  return /^[\w.+-]+$/.test(text) ? text : `'${text}'`;
}

function literal({ type }, text) {
  if (type === "bool") return text === "true" ? "True" : "False";
  if (type === "str") return JSON.stringify(text);
  return type === "int" ? String(BigInt(text.replace(/^\+/, ""))) : text;
}
