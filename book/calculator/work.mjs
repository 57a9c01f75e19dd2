// A worker that runs a chapter's calculator, and what asks it.
import { message as _ } from "../_static/messages.mjs";

/** Begin a worker that runs a chapter's calculator; its name tells it which, and the language of the page. */
export function begin(chapter) {
  const name = `${chapter} ${document.documentElement.lang}`;
  return new Worker(new URL("./worker.mjs", import.meta.url), { type: "module", name });
}

/** Return what asks the worker of a chapter, which may have been begun already, to do something. */
export function workerOf(chapter, begun) {
  const waiting = new Map();
  let asked = 0;
  let failed = null; // why nothing can be calculated
  const worker = start();

  /** A worker that cannot start answers nothing. */
  function start() {
    try {
      const found = begun ?? begin(chapter);
      // It may have failed before anybody listened.
      if (found.failed) fail();
      found.addEventListener("error", fail);
      return found;
    } catch (error) {
      failed = error;
      return null;
    }
  }

  /** Tell whoever waits for an answer that none will come. */
  function fail(event) {
    failed = new Error(event?.message || _("its worker does not start"));
    for (const { reject } of waiting.values()) reject(failed);
    waiting.clear();
  }

  worker?.addEventListener("message", ({ data: { id, answer, failure } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (failure === undefined) resolve(answer);
    else reject(new Error(failure));
  });

  return function ask(action, given = null) {
    if (failed) return Promise.reject(failed);
    return new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      worker.postMessage({ id: asked, action, given });
    });
  };
}
