// What a page calculates: the description of its chapter's calculator, and a worker that runs it.
import { begin, workerOf } from "./work.mjs";

const { calculator: chapter } = document.querySelector("script[data-calculator]").dataset;

// Whichever comes first, this module or the script in the page, begins the only worker.
try {
  window.calculatorWorker ??= begin(chapter);
} catch {
  // Whoever asks is told.
}

/** Have the worker do something: calculate a chapter's results, or draw the curves of the last ones. */
export const ask = workerOf(chapter, window.calculatorWorker);
export const model = await (await fetch(new URL(`./${chapter}.json`, import.meta.url))).json();
export const prepared = ask("prepare");
prepared.catch(() => {}); // the page says so
