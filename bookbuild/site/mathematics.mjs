// Sets formulas by MathJax. In come lines of JSON, [formula as written, TeX, display];
// out go the HTML of every formula, one style sheet for all, and what is wrong with the others.
import { createInterface } from "node:readline";

const { default: mathjax } = await import(process.argv[2]);
const MathJax = await mathjax.init({
  // A slip in a formula is for the build to find, not for the reader to see.
  tex: {
    packages: { "[-]": ["noundefined"] },
    formatError: (jax, error) => {
      throw error;
    },
  },
  chtml: { fontURL: "." },
  loader: { load: ["input/tex", "output/chtml", "a11y/assistive-mml"] },
});
const { adaptor } = MathJax.startup;

const set = {};
const wrong = {};
for await (const line of createInterface({ input: process.stdin })) {
  const [formula, tex, display] = JSON.parse(line);
  try {
    set[formula] = adaptor.outerHTML(await MathJax.tex2chtmlPromise(tex, { display }));
  } catch (error) {
    wrong[formula] = error.message;
  }
}
const style = adaptor.textContent(MathJax.chtmlStylesheet());
process.stdout.write(JSON.stringify({ set, style, wrong }));
