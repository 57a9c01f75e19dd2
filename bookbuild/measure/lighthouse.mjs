// Runs Lighthouse on pages, on a slowed telephone and on a desk, and prints the scores of each as a line of JSON.
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

const { packages, browser, flags, forms, pages } = JSON.parse(process.argv[2]);
const require = createRequire(packages);
const { default: lighthouse } = require("lighthouse");
const { default: desk } = require("lighthouse/core/config/desktop-config.js");
const { launch } = require("chrome-launcher");
const { throttling } = require("lighthouse/core/config/constants.js");
const { pageFunctions } = require("lighthouse/core/lib/page-functions.js");

// How many times slower the telephone that Lighthouse stands for is than a machine of some benchmark index, by the
// calculator that its documentation names, and never more than Lighthouse takes for every machine.
const SLOWER = [[150, 1], [800, 2], [1300, 3], [1533, 4]];

// A browser draws with several threads: what counts is how quick a core is while all of them work.
function benchmark() {
  const code = `require("node:worker_threads").parentPort.postMessage((${pageFunctions.computeBenchmarkIndex})());`;
  const found = Array.from({ length: availableParallelism() }, () => {
    return new Promise((resolve, reject) => new Worker(code, { eval: true }).on("message", resolve).on("error", reject));
  });
  return Promise.all(found).then((indices) => Math.min(...indices));
}

async function telephone() {
  const index = await benchmark();
  let slowdown = SLOWER[0][1];
  for (let place = 1; place < SLOWER.length; place++) {
    const [[low, less], [high, more]] = [SLOWER[place - 1], SLOWER[place]];
    slowdown += (more - less) * Math.min(1, Math.max(0, (index - low) / (high - low)));
  }
  return { ...throttling.mobileSlow4G, cpuSlowdownMultiplier: slowdown };
}

const onlyCategories = ["performance", "accessibility", "best-practices", "seo"];
const chrome = await launch({ chromePath: browser, chromeFlags: ["--headless", ...flags], logLevel: "silent" });
try {
  for (const page of pages) {
    for (const form of forms) {
      const options = { port: chrome.port, logLevel: "silent", onlyCategories };
      if (form === "phone") options.throttling = await telephone();
      const { lhr } = await lighthouse(page, options, form === "desk" ? desk : undefined);
      const scores = {};
      const lost = [];
      for (const { id, score, auditRefs } of Object.values(lhr.categories)) {
        scores[id] = Math.round(100 * score);
        for (const { id: audit, weight } of auditRefs) {
          const { score: own, displayValue } = lhr.audits[audit];
          if (weight && own !== null && own < 0.9) lost.push([audit, displayValue].filter(Boolean).join(" "));
        }
      }
      console.log(JSON.stringify({ page, form, scores, lost }));
    }
  }
} finally {
  await chrome.kill();
}
