// Named scenarios: kept in the browser or as a file, and two of them set against each other, input by input.
import { message as _ } from "../_static/messages.mjs";
import { ask } from "./calculation.mjs";
import { copy, download } from "./files.mjs";
import { same, titleOf } from "./inputs.mjs";
import { changes, ofDocument } from "./scenario.mjs";

const MOST_FILE = 1_000_000; // characters
const MOST_NAME = 60;
const MOST_TEXT = 20_000; // of a value, such as a model of somebody's own
const PAUSE = 250; // milliseconds without a change before answers are compared
const LONG = 20; // letters, of what is no number
const STEP = 60; // milliseconds that the worker is kept from whoever changes the form meanwhile
const NOW = _("The form as it is");

/**
 * Fill a section with scenarios, those of a link among them; return what compares them anew, given the texts of the form.
 * `onOpen` is given the texts of a scenario that somebody opens, and `onCompared` what two scenarios have as results.
 */
export function createScenarios(section, model, { linked, labelOf, onOpen, onCompared }) {
  const key = `llmcalc scenarios ${model.notebook}`;
  const ready = ask("prepareScenarios");
  let scenarios = []; // each with its name and its texts
  let form; // the texts of the form

  const said = made("p", { className: "calculator-note" });
  said.setAttribute("role", "status");
  const alarm = made("p", { className: "calculator-error", hidden: true });
  alarm.setAttribute("role", "alert");
  const name = made("input", { type: "text", maxLength: MOST_NAME, autocomplete: "off" });
  const saving = made("form", { noValidate: true });
  saving.append(labelled(_("Name of this scenario"), name), made("button", { type: "submit", textContent: _("Save this scenario") }));
  saving.addEventListener("submit", (event) => {
    event.preventDefault();
    add(name.value.trim());
  });
  const list = made("ul", {});
  list.setAttribute("aria-label", _("Your scenarios"));
  const file = made("input", { type: "file", accept: ".json,application/json" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen) await readFile(chosen);
    file.value = "";
  });
  const downloading = button(_("Download your scenarios"), () => {
    download(`${model.notebook}-scenarios.json`, written(), "application/json");
    tell(_("Downloaded your scenarios."));
  });
  const files = made("div", {});
  files.append(downloading, " ", labelled(_("Add scenarios from such a file"), file));
  const { element: comparison, choose, refresh } = createComparison();
  const hint = _("They stay in this browser, and nobody else sees them.");
  section.append(made("p", { textContent: hint }), saving, alarm, said, list, files, comparison);

  /** Take what the browser has kept, or say why that can't be. */
  function load() {
    let text = null;
    try {
      text = localStorage.getItem(key);
    } catch {
      return refuse(_("Your browser lets this page keep nothing: scenarios last until you leave it. Download them to keep them."));
    }
    if (text === null) return null;
    const found = parsed(text, model);
    if (found.refusal) return refuse(_("What this browser has kept is left out: {reason}.", { reason: found.refusal }));
    scenarios = found.scenarios;
    return null;
  }

  function written() {
    const kept = scenarios.map(({ name: called, texts }) => ({ name: called, parameters: texts }));
    return `${JSON.stringify({ question: model.notebook, scenarios: kept }, null, 2)}\n`;
  }

  /** Take a list in place of the present one, keep it, and say what has happened. */
  function keep(changed, spoken) {
    scenarios = changed;
    show();
    let kept = true;
    try {
      localStorage.setItem(key, written());
    } catch (error) {
      kept = false;
      refuse(
        error.name === "QuotaExceededError"
          ? _("Your browser has no room for more: this lasts until you leave the page. Download your scenarios to keep them.")
          : _("Your browser lets this page keep nothing: this lasts until you leave the page. Download your scenarios to keep them."),
      );
    }
    tell(spoken, kept);
  }

  function add(called) {
    const wrong = wrongName(called);
    if (wrong) return refuse(wrong);
    keep([...scenarios, { name: called, texts: { ...form } }], _("Saved “{name}”.", { name: called }));
    choose(called);
    name.value = suggestion();
    return null;
  }

  function wrongName(called, other = null) {
    if (!called) return _("Give the scenario a name.");
    if (called === NOW) return _("“{name}” is what the form is called: give another name.", { name: NOW });
    const isThere = scenarios.some((each) => each !== other && each.name === called);
    return isThere ? _("There is a scenario “{name}” already: give another name.", { name: called }) : "";
  }

  function suggestion() {
    const numbered = (number) => _("Scenario {number}", { number });
    let number = scenarios.length + 1;
    while (scenarios.some((each) => each.name === numbered(number))) number += 1;
    return numbered(number);
  }

  async function readFile(chosen) {
    const refuseFile = (reason) => refuse(_("{file} is refused: {reason}.", { file: chosen.name, reason }));
    if (chosen.size > MOST_FILE) return refuseFile(_("it is larger than {most} bytes", { most: MOST_FILE.toLocaleString("en") }));
    const found = parsed(await chosen.text(), model);
    if (found.refusal) return refuseFile(found.refusal);
    await ready;
    for (const { name: called, texts } of found.scenarios) {
      const { refusal } = await ask("weigh", texts);
      if (refusal) return refuseFile(_("in “{name}”, {reason}", { name: called, reason: refusal }));
    }
    return bring(found.scenarios);
  }

  /** What a link has held, without what is refused by now. */
  async function readLink() {
    await ready;
    const found = [];
    for (const [number, texts] of linked.entries()) {
      if (!(await ask("weigh", texts)).refusal) found.push({ name: _("Of a link, {number}", { number: number + 1 }), texts });
    }
    bring(found);
  }

  function bring(brought) {
    const added = brought.filter((each) => !scenarios.some((other) => other.name === each.name && alike(other, each)));
    const all = [...scenarios];
    for (const each of added) all.push({ ...each, name: unused(each.name, all) });
    const rest = brought.length - added.length;
    const counts = { added: added.length, rest };
    keep(all, rest ? _("Scenarios added: {added}; here already: {rest}.", counts) : _("Scenarios added: {added}.", counts));
    return null;
  }

  function alike(one, other) {
    return model.parameters.every((parameter) => same(parameter, one.texts[parameter.name], other.texts[parameter.name]));
  }

  function unused(called, all) {
    let [free, number] = [called, 2];
    for (; all.some((each) => each.name === free); number += 1) free = `${called.slice(0, MOST_NAME - 6)} (${number})`;
    return free;
  }

  function show() {
    list.replaceChildren(...scenarios.map(item));
    downloading.disabled = !scenarios.length;
    refresh();
  }

  function item(each) {
    const line = made("li", {});
    const called = made("input", { type: "text", value: each.name, maxLength: MOST_NAME, autocomplete: "off" });
    called.setAttribute("aria-label", _("Name of “{name}”", { name: each.name }));
    called.addEventListener("change", () => {
      const fresh = called.value.trim();
      const wrong = wrongName(fresh, each);
      if (wrong) {
        called.value = each.name;
        return refuse(wrong);
      }
      const place = scenarios.indexOf(each);
      keep(scenarios.with(place, { ...each, name: fresh }), _("“{old}” is now “{name}”.", { old: each.name, name: fresh }));
      choose(fresh, each.name);
      list.children[place].querySelector("input").focus();
      return null;
    });
    const open = button(_("Open"), () => {
      onOpen(each.texts);
      tell(_("The form has “{name}”.", { name: each.name }));
    });
    const remove = button(_("Delete"), () => {
      keep(scenarios.filter((other) => other !== each), _("Deleted “{name}”.", { name: each.name }));
      name.focus();
    });
    open.setAttribute("aria-label", _("Open “{name}”", { name: each.name }));
    remove.setAttribute("aria-label", _("Delete “{name}”", { name: each.name }));
    const changed = changes(model, each.texts).map(({ name: parameter }) => `${parameter} ${titleOf(each.texts[parameter])}`);
    const none = ofDocument(model) ? _("the document’s assumptions") : _("the page’s assumptions");
    line.append(called, open, remove, made("p", { className: "calculator-note", textContent: changed.join(", ") || none }));
    return line;
  }

  function tell(text, well = true) {
    said.textContent = text;
    if (well) alarm.hidden = true;
  }

  function refuse(text) {
    said.textContent = "";
    alarm.textContent = text;
    alarm.hidden = false;
  }

  /** Two menus, and what the scenarios that are chosen in them have in common and what not. */
  function createComparison() {
    const element = made("fieldset", { hidden: true });
    element.append(made("legend", { textContent: _("Compare two") }));
    const menus = [_("First"), _("Second")].map((text) => {
      const menu = made("select", {});
      element.append(labelled(text, menu));
      menu.addEventListener("change", () => compareSoon(0));
      return menu;
    });
    const note = made("p", { className: "calculator-note" });
    note.setAttribute("role", "status");
    const place = made("div", {});
    element.append(note, place);
    let turn = 0;
    let pause = 0;

    const textsOf = (menu) => (menu.value === NOW ? form : scenarios.find((each) => each.name === menu.value)?.texts);

    function refresh() {
      element.hidden = !scenarios.length;
      const before = menus.map((menu) => menu.value);
      for (const [number, menu] of menus.entries()) {
        menu.replaceChildren(...[NOW, ...scenarios.map((each) => each.name)].map((text) => new Option(text, text)));
        const held = [...menu.options].some((option) => option.value === before[number]);
        menu.value = held ? before[number] : number ? NOW : menu.options[menu.options.length - 1].value;
      }
      compareSoon(PAUSE);
    }

    /** Let a menu show a scenario: the one that has been saved, or a renamed one where its old name was. */
    function choose(called, old = null) {
      for (const [number, menu] of menus.entries()) if (old === null ? !number : compared[number] === old) menu.value = called;
      compareSoon(0);
    }

    let compared = []; // names of those that are shown

    function compareSoon(wait) {
      turn += 1;
      clearTimeout(pause);
      pause = setTimeout(compare, wait);
    }

    async function compare() {
      const mine = turn;
      const [first, second] = menus.map(textsOf);
      compared = menus.map((menu) => menu.value);
      if (!scenarios.length || !first || !second) return show([]);
      element.setAttribute("aria-busy", "true");
      await ready;
      if (mine !== turn) return null;
      let found = await ask("compare", [first, second]);
      for (let count = 1; found.left !== undefined; ) {
        if (mine !== turn) return null;
        const began = performance.now();
        found = await ask("compareOn", [count, model.results.map((result) => result.name)]);
        if (!found.left) break;
        count = Math.max(1, Math.floor((count * STEP) / (performance.now() - began)));
      }
      if (mine !== turn) return null;
      element.removeAttribute("aria-busy");
      show([first, second], found);
      performance.mark("calculator-compared");
      return null;
    }

    function show([first, second], found = null) {
      place.replaceChildren();
      onCompared([]);
      note.textContent = "";
      if (!found) return;
      if (found.refusal) {
        note.textContent = _("There is nothing to compare: {reason}.", { reason: found.refusal });
        return;
      }
      if (!found.inputs.length) {
        note.textContent = _("The assumptions of both are the same.");
        return;
      }
      const differing = model.parameters.filter((parameter) => found.inputs.includes(parameter.name));
      const order = differing.map((parameter) => found.inputs.indexOf(parameter.name));
      const short = compared.map((text) => (text === NOW ? _("The form") : text));
      const inputs = table([_("What differs"), ...short], differing.map((parameter) => {
        return [labelOf(parameter.name), ...[first, second].map((texts) => titleOf(texts[parameter.name]))];
      }));
      const changing = model.results.filter((result) => found.results[result.name] && isOther(found.results[result.name]));
      const results = table(
        [_("Result"), ...short, _("Change"), ...differing.map(({ name: by }) => _("by {name}", { name: by }))],
        changing.map(({ name: result, label, unit }) => {
          const { texts, told, shares } = found.results[result];
          return [unit && unit !== "1" ? `${label} [${unit}]` : label, ...texts, told, ...order.map((number) => shares[number])];
        }),
      );
      results.classList.add("calculator-shares");
      place.append(scrolling(_("The assumptions that differ"), inputs), scrolling(_("Results, and what their change consists of"), results));
      const unchanged = Object.keys(found.results).length - changing.length;
      if (unchanged) place.append(made("p", { className: "calculator-note", textContent: _("Results that stay as they are: {count}.", { count: unchanged }) }));
      place.append(made("p", { className: "calculator-note", textContent: explained(found) }));
      for (const { changed, reason } of found.refused) {
        const names = changed.reduce((one, other) => _("{one} and {other}", { one, other }));
        const textContent = _("No answer with {names} alone changed: {reason}.", { names, reason });
        place.append(made("p", { className: "calculator-note", textContent }));
      }
      const heading = made("p", { id: "scenarios-command", className: "calculator-take-title", textContent: _("The same in a terminal") });
      const command = made("pre", { tabIndex: 0, textContent: found.command });
      command.setAttribute("role", "group");
      command.setAttribute("aria-labelledby", heading.id);
      place.append(heading, command, button(_("Copy the command"), ({ target }) => copy(target, found.command)));
      onCompared(marks(found));
    }

    /** Where the two stand, as far as they are not where the form is. */
    function marks(found) {
      return ["first", "second"].flatMap((end, number) => {
        const values = Object.fromEntries(Object.entries(found.results).map(([result, each]) => [result, each[end]]));
        return compared[number] === NOW ? [] : [{ label: "AB"[number], values }];
      });
    }

    return { element, choose, refresh };
  }

  load();
  name.value = suggestion();
  show();
  if (linked.length) readLink();

  return (texts) => {
    form = texts;
    refresh();
  };
}

/** Scenarios of a text, or why it has none. */
function parsed(text, model) {
  let given;
  try {
    given = JSON.parse(text);
  } catch {
    return { refusal: _("it is no JSON") };
  }
  if (!Array.isArray(given?.scenarios)) return { refusal: _("it has no list of scenarios, as a file has that such a page has written") };
  if (given.question !== model.notebook) {
    const names = { other: String(given.question).slice(0, MOST_NAME), name: model.notebook };
    return { refusal: _("its scenarios are of {other}, and this page is {name}", names) };
  }
  const scenarios = [];
  for (const [number, each] of given.scenarios.entries()) {
    const name = typeof each?.name === "string" ? each.name.trim() : "";
    if (!name || name.length > MOST_NAME || name === NOW) {
      return { refusal: _("scenario {number} has no name of 1 to {most} letters", { number: number + 1, most: MOST_NAME }) };
    }
    if (scenarios.some((other) => other.name === name)) return { refusal: _("two scenarios are called “{name}”", { name }) };
    const parameters = each.parameters;
    if (!parameters || typeof parameters !== "object" || Array.isArray(parameters)) return { refusal: _("“{name}” has no parameters", { name }) };
    const known = model.parameters.map((parameter) => parameter.name);
    for (const [key, value] of Object.entries(parameters)) {
      const where = { name, key: key.slice(0, MOST_NAME) };
      if (!known.includes(key)) return { refusal: _("in “{name}”, {key} is no assumption of this page", where) };
      if (typeof value !== "string" || value.length > MOST_TEXT) return { refusal: _('in “{name}”, {key} is no text, such as "0.4" or "2 weeks"', where) };
    }
    const texts = Object.fromEntries(model.parameters.map(({ name: key, default: standard }) => [key, (parameters[key] ?? standard).trim()]));
    scenarios.push({ name, texts });
  }
  return { scenarios };
}

/** Whether a result, or a part of its change, is another one. */
function isOther({ texts, told, shares }) {
  return texts[0] !== texts[1] || [told, ...shares].some((text) => !["× 1", "0", "–"].includes(text));
}

function explained({ results, inputs, orders }) {
  const kinds = Object.values(results).map(({ kind }) => kind);
  const parts = [_("The factors of a row multiply to its change.")];
  if (kinds.includes("difference")) parts.push(_("Where a result is not above 0 in both, differences add up to it."));
  if (inputs.length > 1) parts.push(_("Each is an average over {orders} orders in which the assumptions can be changed.", { orders }));
  return parts.join(" ");
}

function table(heads, rows) {
  const element = made("table", { className: "dataframe" });
  const head = element.createTHead().insertRow();
  for (const text of heads) head.append(made("th", { scope: "col", textContent: text }));
  const body = element.createTBody();
  for (const [label, ...cells] of rows) {
    const row = body.insertRow();
    const values = cells.map((text) => made("td", { textContent: text, className: text.length > LONG ? "words" : "" }));
    row.append(made("th", { scope: "row", textContent: label }), ...values);
  }
  return element;
}

/** What is wider than its place can be scrolled, by keyboard, too. */
function scrolling(label, element) {
  const box = made("div", { className: "calculator-scroll", tabIndex: 0 });
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  box.append(element);
  return box;
}

function labelled(text, control) {
  const label = made("label", {});
  label.append(`${text} `, control);
  return label;
}

function button(text, action) {
  const control = made("button", { type: "button", textContent: text });
  control.addEventListener("click", action);
  return control;
}

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
