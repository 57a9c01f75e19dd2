// What a page asks of its worker, which the page starts before anything else.
const { calculator: chapter } = document.querySelector("script[data-calculator]").dataset;
const address = new URL(`./worker.mjs?chapter=${chapter}`, import.meta.url);
const worker = (window.calculatorWorker ??= new Worker(address, { type: "module" }));
const waiting = new Map();
let asked = 0;

worker.addEventListener("message", ({ data: { id, answer } }) => {
  waiting.get(id)(answer);
  waiting.delete(id);
});

/** Have the worker do something: describe the chapter's calculator, calculate its results, or draw their curves. */
export function ask(action, given) {
  return new Promise((resolve) => {
    asked += 1;
    waiting.set(asked, resolve);
    worker.postMessage({ id: asked, action, given });
  });
}
