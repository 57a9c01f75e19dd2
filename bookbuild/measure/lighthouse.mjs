// Runs Lighthouse on pages, on a slowed telephone and on a desk, and prints the scores of each as a line of JSON.
import { createRequire } from "node:module";

const { packages, browser, flags, forms, pages } = JSON.parse(process.argv[2]);
const require = createRequire(packages);
const { default: lighthouse } = require("lighthouse");
const { default: desk } = require("lighthouse/core/config/desktop-config.js");
const { launch } = require("chrome-launcher");
const { throttling } = require("lighthouse/core/config/constants.js");
const { pageFunctions } = require("lighthouse/core/lib/page-functions.js");

// How many times slower than a machine of some benchmark index the telephone is that Lighthouse stands for, by the
// calculator that its documentation names; its setting is right for one machine alone.
const SLOWER = [[150, 1], [800, 2], [1300, 3], [1533, 4]];

function telephone() {
  const index = pageFunctions.computeBenchmarkIndex();
  const above = Math.max(1, SLOWER.findIndex(([end]) => index <= end));
  const [[low, less], [high, more]] = index < SLOWER.at(-1)[0] ? SLOWER.slice(above - 1, above + 1) : SLOWER.slice(-2);
  const share = Math.min(1, Math.max(0, (index - low) / (high - low)));
  return { ...throttling.mobileSlow4G, cpuSlowdownMultiplier: less + share * (more - less) };
}

const onlyCategories = ["performance", "accessibility", "best-practices", "seo"];
const chrome = await launch({ chromePath: browser, chromeFlags: ["--headless", ...flags], logLevel: "silent" });
try {
  for (const page of pages) {
    for (const form of forms) {
      const options = { port: chrome.port, logLevel: "silent", onlyCategories };
      if (form === "phone") options.throttling = telephone();
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
