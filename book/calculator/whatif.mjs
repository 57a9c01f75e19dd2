// What if: any number of a form against any number of its answer, from the same function, in the page's worker.
import { ask } from "./calculation.mjs";
import { fill, plotsIn } from "./curves.mjs";

const STEP = 60; // milliseconds that the worker is kept from whoever changes the form meanwhile
const PAUSE = 120; // milliseconds without a change before a curve is worked out
const NONE = "There is no answer at any of these values.";

/** Show a curve in a section with two menus; return what shows it for a newer answer. */
export function createWhatIf(section, model) {
  const [over, result] = ["over", "result"].map((name) => section.querySelector(`[name="whatif-${name}"]`));
  const note = section.querySelector(".calculator-note");
  const table = section.querySelector("table");
  const draw = plotsIn(section.querySelector(".calculator-plot"), "your answer has", NONE);
  let answer; // the results of the form
  let turn = 0;
  let pause = 0;

  async function show() {
    const mine = (turn += 1);
    const parameter = model.parameters.find(({ name }) => name === over.value);
    const shown = model.results.find(({ name }) => name === result.value);
    const here = Number(answer.given[parameter.name] ?? parameter.default);
    const across = spaced(parameter, here);
    section.setAttribute("aria-busy", "true");
    const [values, texts, given] = [[], [], []];
    const asked = [...across, here]; // the last for its text alone
    for (let points = 1; values.length < asked.length; ) {
      const began = performance.now();
      const part = asked.slice(values.length, values.length + points);
      const found = await ask("along", { name: parameter.name, values: part, result: shown.name, only: {} });
      if (mine !== turn) return;
      values.push(...found.values);
      texts.push(...found.texts);
      given.push(...found.given);
      points = Math.max(1, Math.floor((points * STEP) / (performance.now() - began)));
    }
    values.pop();
    texts.pop();
    const label = over.selectedOptions[0].textContent;
    const mark = {
      label: "",
      values: { over: here, result: answer.values[shown.name] },
      texts: { over: given.pop(), result: answer.texts[shown.name] },
    };
    const curves = [
      { name: "over", label, unit: parameter.unit, units: parameter.units, values: across, texts: given },
      // The menu above says what it is, and a turned axis has room for little.
      { name: "result", label: shown.label, unit: shown.unit, units: answer.units[shown.name], axis: unitOf(shown), values, texts },
    ];
    draw(curves, [mark]);
    for (const [place, { label, unit }] of curves.entries()) {
      table.tHead.rows[0].cells[place].textContent = unit && unit !== "1" ? `${label} [${unit}]` : label;
    }
    fill(table, curves);
    const missing = values.filter((value) => value === null).length;
    note.textContent = missing === values.length ? NONE : missing ? `${missing} of ${values.length} values have no answer.` : "";
    section.removeAttribute("aria-busy");
    performance.mark("calculator-whatif");
  }

  section.addEventListener("change", () => {
    const address = new URL(location.href);
    address.searchParams.set("whatif", `${over.value} ${result.value}`);
    history.replaceState(history.state, "", address);
    show();
  });
  choose(new URLSearchParams(location.search).get("whatif") ?? "");
  section.querySelector("fieldset").disabled = false;

  function choose(text) {
    for (const [place, menu] of [over, result].entries()) {
      const name = text.split(" ")[place];
      if ([...menu.options].some(({ value }) => value === name)) menu.value = name;
    }
  }

  return (results) => {
    answer = results;
    turn += 1;
    clearTimeout(pause);
    pause = setTimeout(show, PAUSE);
  };
}

/** Values of a parameter: its whole range where that is short, else a tenth to ten times of where the reader stands. */
function spaced({ type, low, high, scale }, here) {
  const steps = (count) => Array.from({ length: count + 1 }, (_, place) => place / count);
  const whole = type === "int";
  let found;
  if (scale === "linear") found = steps(whole ? Math.min(24, high - low) : 20).map((share) => low + (high - low) * share);
  else if (!here) found = steps(16).map((share) => (scale === "power" ? high * share ** 4 : low * (high / low) ** share));
  else {
    found = steps(16).map((share) => here * 10 ** (2 * share - 1));
    // What has to divide something else does so twice and half as large.
    const doubled = steps(12).map((share) => here * 2 ** (12 * share - 6)).filter((value) => value % 1 === 0 && value <= high);
    if (whole && doubled.length > 5) found = doubled;
  }
  const kept = found.map((value) => Math.min(high, Math.max(low, value)));
  const short = kept.map((value) => (whole ? Math.round(value) : Number(value.toPrecision(3))));
  return [...new Set(short.map((value) => Math.min(high, Math.max(low, value))))];
}

function unitOf({ unit }) {
  return unit === "1" ? "" : unit;
}
