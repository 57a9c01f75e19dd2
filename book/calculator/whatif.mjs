// What if: any number of a form against any number of its answer, from the same function, in the page's worker.
import { marked, message as _ } from "../_static/messages.mjs";
import { ask } from "./calculation.mjs";
import { fill, pictured, plotsIn } from "./curves.mjs";
import { takeable } from "./files.mjs";
import { numberOf } from "./inputs.mjs";

const STEP = 60; // milliseconds that the worker is kept from whoever changes the form meanwhile
const PAUSE = 120; // milliseconds without a change before a curve is worked out
const SHORT = 1e4; // a range whose ends differ by no larger factor is seen whole
const NONE = _("There is no answer at any of these values.");

/** Show a curve in a section with two menus, and a fold to take it along; return what shows it for a newer answer. */
export function createWhatIf(section, model, about) {
  const [over, result] = ["over", "result"].map((name) => section.querySelector(`[name="whatif-${name}"]`));
  const note = section.querySelector(".calculator-note");
  const table = section.querySelector("table");
  const draw = plotsIn(section.querySelector(".calculator-plot"), marked("your answer has {up} with {across}"), NONE);
  let answer; // the results of the form
  let seen = null; // what is drawn
  note.after(takeable(() => seen && pictured(seen)));
  let turn = 0;
  let pause = 0;

  async function show() {
    const mine = (turn += 1);
    const parameter = model.parameters.find(({ name }) => name === over.value);
    const shown = model.results.find(({ name }) => name === result.value);
    const here = numberOf(answer.given[parameter.name] ?? parameter.default);
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
      { name: "over", column: parameter.name, label, unit: parameter.unit, units: parameter.units, values: across, texts: given },
      // The menu above says what it is, and a turned axis has room for little.
      { name: "result", column: shown.name, label: shown.label, unit: shown.unit, units: answer.units[shown.name], axis: unitOf(shown), values, texts },
    ];
    draw(curves, [mark]);
    seen = { curves, marks: [mark], name: `${model.notebook}-${shown.name}-by-${parameter.name}`, about: about() };
    for (const [place, { label, unit }] of curves.entries()) {
      table.tHead.rows[0].cells[place].textContent = unit && unit !== "1" ? `${label} [${unit}]` : label;
    }
    fill(table, curves);
    const missing = values.filter((value) => value === null).length;
    const some = _("{missing} of {all} values have no answer.", { missing, all: values.length });
    note.textContent = missing === values.length ? NONE : missing ? some : "";
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

/** Values of a parameter: its whole range if that is short, else a tenth to ten times of where the reader stands. */
function spaced({ type, low, high, scale }, here) {
  const whole = type === "int";
  const short = (value) => (whole ? Math.round(value) : Number(value.toPrecision(3)));
  const found = candidates(whole, low, high, scale, here).map((value) => Math.min(high, Math.max(low, short(value))));
  return [...new Set(found)];
}

function candidates(whole, low, high, scale, here) {
  const steps = (count) => Array.from({ length: count + 1 }, (_, place) => place / count);
  if (scale === "linear") return steps(whole ? Math.min(24, high - low) : 20).map((share) => low + (high - low) * share);
  // What has to divide something else does so twice and half as large.
  const doubled = steps(12).map((share) => here * 2 ** (12 * share - 6)).filter((value) => value % 1 === 0 && value <= high);
  if (whole && doubled.length > 5) return doubled;
  if (scale === "log" && high <= SHORT * low) return steps(20).map((share) => low * (high / low) ** share);
  if (here) return steps(16).map((share) => here * 10 ** (2 * share - 1));
  return steps(16).map((share) => high * share ** 4);
}

function unitOf({ unit }) {
  return unit === "1" ? "" : unit;
}
