// A scenario is what differs from the document's assumptions, in the address.
import { message as _ } from "../_static/messages.mjs";
import { same } from "./inputs.mjs";

/** Whether a page starts with a document's assumptions, or else with its own. */
export function ofDocument(model) {
  return model.whose === "document";
}

export function changes(model, texts) {
  return model.parameters.filter((parameter) => !same(parameter, texts[parameter.name], parameter.default));
}

export function address(model, texts) {
  const url = new URL(location.href);
  const whole = new URLSearchParams(changes(model, texts).map(({ name }) => [name, texts[name]]));
  // The exercises of the chapter keep their numbers, what is drawn stays drawn, and tables stay filtered.
  for (const [name, text] of url.searchParams) {
    if (name === "seed" || name === "whatif" || /^rows\d*(-|$)/.test(name)) whole.set(name, text);
  }
  url.search = whole;
  return url.href;
}

/**
 * Read an address: the texts of all parameters, and what is wrong in it. Names that are no parameters are others' business:
 * those who pass links on add marks of their own.
 */
export function fromAddress(model, search) {
  const parts = new URLSearchParams(search);
  const texts = {};
  const wrong = [];
  for (const { name, default: text } of model.parameters) {
    const given = parts.getAll(name);
    if (given.length > 1) wrong.push(_("{name} is given {count} times", { name, count: given.length }));
    texts[name] = given.length === 1 ? given[0].trim() : text;
  }
  return { texts, wrong };
}

/** Texts of the scenarios that links of planners have held, each as a query of its own. */
export function savedIn(model, search) {
  return new URLSearchParams(search).getAll("saved").map((part) => fromAddress(model, part).texts);
}
