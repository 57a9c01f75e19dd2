// Runs Lighthouse on pages, on a slowed telephone and on a desk, and prints the scores of each as a line of JSON.
import { createRequire } from "node:module";

const { packages, browser, flags, forms, pages } = JSON.parse(process.argv[2]);
const require = createRequire(packages);
const { default: lighthouse } = require("lighthouse");
const { default: desk } = require("lighthouse/core/config/desktop-config.js");
const { launch } = require("chrome-launcher");

const onlyCategories = ["performance", "accessibility", "best-practices", "seo"];
const chrome = await launch({ chromePath: browser, chromeFlags: ["--headless", ...flags], logLevel: "silent" });
try {
  for (const page of pages) {
    for (const form of forms) {
      const options = { port: chrome.port, logLevel: "silent", onlyCategories };
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
