// What a page calculates: the description of its chapter's calculator, and a worker that runs it.
const { calculator: chapter } = document.querySelector("script[data-calculator]").dataset;
const waiting = new Map();
let asked = 0;
let failed = null; // why nothing can be calculated
const worker = start();

/** The worker that the page has begun already, or one begun now; one that cannot start answers nothing. */
function start() {
  try {
    window.calculatorWorker ??= new Worker(new URL("./worker.mjs", import.meta.url), { type: "module", name: chapter });
  } catch (error) {
    failed = error;
    return null;
  }
  // It may have failed before anybody listened.
  if (window.calculatorWorker.failed) fail();
  window.calculatorWorker.addEventListener("error", fail);
  return window.calculatorWorker;
}

/** Tell whoever waits for an answer that none will come. */
function fail(event) {
  failed = new Error(event?.message || "its worker does not start");
  for (const { reject } of waiting.values()) reject(failed);
  waiting.clear();
}

worker?.addEventListener("message", ({ data: { id, answer, failure } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (failure === undefined) resolve(answer);
  else reject(new Error(failure));
});

/** Have the worker do something: calculate a chapter's results, or draw the curves of the last ones. */
export function ask(action, given = null) {
  if (failed) return Promise.reject(failed);
  return new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve, reject });
    worker.postMessage({ id: asked, action, given });
  });
}

export const model = await (await fetch(new URL(`./${chapter}.json`, import.meta.url))).json();
export const prepared = ask("prepare");
prepared.catch(() => {}); // the page says so
