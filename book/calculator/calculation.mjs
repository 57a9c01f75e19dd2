// What a page calculates: the description of its chapter's calculator, and a worker that runs it.
const { calculator: chapter } = document.querySelector("script[data-calculator]").dataset;
const worker = (window.calculatorWorker ??= new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" }));
const waiting = new Map();
let asked = 0;

worker.addEventListener("message", ({ data: { id, answer, failure } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (failure === undefined) resolve(answer);
  else reject(new Error(failure));
});

// A worker that can't be loaded answers nobody.
worker.addEventListener("error", (event) => {
  const failure = new Error(event.message || "its worker could not be loaded");
  for (const { reject } of waiting.values()) reject(failure);
  waiting.clear();
});

/** Have the worker do something: calculate a chapter's results, or draw the curves of the last ones. */
export function ask(action, given) {
  return new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve, reject });
    worker.postMessage({ id: asked, action, given });
  });
}

export const model = await (await fetch(new URL(`./${chapter}.json`, import.meta.url))).json();
ask("prepare", model);
