// A scenario is what differs from the document's assumptions, in the address.
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
  // The exercises of the chapter keep their numbers, and what is drawn stays drawn.
  for (const name of ["seed", "whatif"]) {
    if (url.searchParams.has(name)) whole.set(name, url.searchParams.get(name));
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
