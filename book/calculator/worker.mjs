// The worker of a page's calculator: it calculates, so that the page itself never waits. Its address names the chapter.
import { load, prepare } from "./python.mjs";

const chapter = new URLSearchParams(location.search).get("chapter");
const model = fetch(new URL(`./${chapter}.json`, import.meta.url)).then((response) => response.json());
const prepared = Promise.all([load(), model]).then(([python, found]) => prepare(python, found));
// The page sets itself up by the description while Python still starts.
const answers = {
  describe: () => model,
  calculate: async (texts) => (await prepared).calculate(texts),
  draw: async () => (await prepared).draw(),
};

addEventListener("message", async ({ data: { id, action, given } }) => {
  postMessage({ id, answer: await answers[action](given) });
});
