// The worker of a page's calculator: it calculates, so that the page itself never waits.
import { load, prepare } from "./python.mjs";

const python = load();
let prepared;
const answers = {
  prepare: async (model) => {
    prepared = python.then((found) => prepare(found, model));
    await prepared;
  },
  calculate: async (texts) => (await prepared).calculate(texts),
  draw: async () => (await prepared).draw(),
};

addEventListener("message", async ({ data: { id, action, given } }) => {
  try {
    postMessage({ id, answer: await answers[action](given) });
  } catch (error) {
    postMessage({ id, failure: String(error) });
  }
});
