// The saved scenarios of a planner, side by side with the one at hand.
import { same, titleOf } from "./inputs.mjs";

/** Return what shows a list of scenarios, the one at hand first, each with its texts and its results. */
export function createComparison(model, root, { onOpen, onRemove }) {
  const section = root.querySelector(".calculator-saved");
  const table = document.createElement("table");
  table.className = "dataframe";
  const [head, body] = [table.createTHead(), table.createTBody()];
  section.querySelector(".calculator-scroll").append(table);
  // Below the curves, on which the scenarios are marked.
  document.getElementById(model.figure).closest(".cell").after(section);
  let columns = 0;

  function show(scenarios) {
    section.hidden = scenarios.length < 2;
    if (section.hidden) return;
    if (scenarios.length !== columns) head.replaceChildren(heading(scenarios.length));
    columns = scenarios.length;
    const differing = model.parameters.filter((parameter) =>
      scenarios.some(({ texts }) => !same(parameter, texts[parameter.name], scenarios[0].texts[parameter.name])),
    );
    body.replaceChildren(
      ...(differing.length ? [title("What differs", columns + 1)] : []),
      ...differing.map(({ name }) => row(labelOf(name), scenarios.map(({ texts }) => titleOf(texts[name])))),
      ...[...root.querySelectorAll("table.headline tr")].map((source) => {
        const { result } = source.dataset;
        if (!result) return title(source.textContent, columns + 1);
        const { label, unit } = model.results.find(({ name }) => name === result);
        const withUnit = unit && unit !== "1" ? `${label} [${unit}]` : label;
        return row(withUnit, scenarios.map(({ results }) => results.texts[result]));
      }),
    );
  }

  function heading(count) {
    const line = document.createElement("tr");
    line.append(cell("th", "", "col"), cell("th", "Now", "col"));
    for (let number = 1; number < count; number += 1) {
      const above = cell("th", `Saved ${number}`, "col");
      above.append(button(`Open saved scenario ${number}`, "Open", () => onOpen(number - 1)));
      above.append(button(`Remove saved scenario ${number}`, "Remove", () => onRemove(number - 1)));
      line.append(above);
    }
    return line;
  }

  function labelOf(name) {
    return root.querySelector(`label[for="calculator-${name.replaceAll("_", "-")}"]`).textContent;
  }

  return show;
}

function cell(tag, text, scope) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (scope) made.scope = scope;
  return made;
}

function row(label, texts) {
  const line = document.createElement("tr");
  line.append(cell("th", label, "row"), ...texts.map((text) => cell("td", text)));
  return line;
}

function title(text, columns) {
  const line = document.createElement("tr");
  const made = cell("th", text, "rowgroup");
  made.className = "calculator-title";
  made.colSpan = columns;
  line.append(made);
  return line;
}

function button(name, text, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", action);
  return made;
}
