// An answer to take along: as files, as commands, as a program, as a link and as a citation, all of them written in the worker.
import { message as _ } from "../_static/messages.mjs";
import { ask } from "./calculation.mjs";
import { copy, download } from "./files.mjs";

const PAUSE = 150; // milliseconds without a change before an answer is written down
const TYPES = { csv: "text/csv", json: "application/json" };
const TEXTS = [
  ["command", _("This answer in a terminal"), _("Copy the command")],
  ["program", _("This answer in Python"), _("Copy the program")],
  ["link", _("A link to this answer"), _("Copy the link")],
  ["citation", _("A citation"), _("Copy the citation")],
  ["bibtex", _("The citation for BibTeX"), _("Copy the BibTeX entry")],
  ["rerun", _("The whole chapter with its figures, in a copy of the book"), _("Copy the command of make")],
  ["papermill", _("The same with papermill alone"), _("Copy the papermill command")],
];

/** Fill a section with what can be taken along; return what brings it up to date, given the texts of the form. */
export function createTake(section, model, address) {
  const found = {}; // what can be taken, by its name
  const said = made("p", { className: "calculator-note" });
  said.setAttribute("role", "status");
  const downloads = made("p", {});
  for (const kind of Object.keys(TYPES)) {
    downloads.append(button(_("Download {kind}", { kind: kind.toUpperCase() }), "download", kind, () => {
      const file = `${model.notebook}.${kind}`;
      download(file, found[kind], TYPES[kind]);
      said.textContent = _("Downloaded {file}.", { file });
    }));
  }
  const texts = made("div", { className: "calculator-take-texts" });
  section.append(downloads, texts);
  const places = new Map();
  for (const [name, title, label] of TEXTS) {
    const heading = made("p", { id: `take-${name}`, className: "calculator-take-title", textContent: title });
    const place = made("pre", { tabIndex: 0 });
    place.dataset.text = name;
    place.setAttribute("role", "group");
    place.setAttribute("aria-labelledby", heading.id);
    places.set(name, place);
    const part = made("div", {});
    part.append(heading, place, button(label, "copy", name, async ({ target }) => {
      await copy(target, found[name]);
      said.textContent = _("{done}: {what}.", { done: target.textContent, what: title });
    }));
    texts.append(part);
  }
  section.append(said);
  enable(false);

  let turn = 0;
  let pause = 0;

  function enable(yes) {
    for (const control of section.querySelectorAll("button")) control.disabled = !yes;
  }

  async function show(texts) {
    const mine = (turn += 1);
    const link = address(texts);
    const names = model.results.map(({ name }) => name);
    const written = await ask("take", { texts, names, title: model.title, link, seen: today() });
    if (mine !== turn || !written) return;
    Object.assign(found, written, { link });
    for (const [name, place] of places) place.textContent = found[name].trimEnd();
    enable(true);
    performance.mark("calculator-taken");
  }

  return (texts) => {
    turn += 1;
    clearTimeout(pause);
    pause = setTimeout(() => show(texts), PAUSE);
  };
}

/** The reader's own date, as YYYY-MM-DD. */
function today() {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}

function button(text, kind, name, action) {
  const control = made("button", { type: "button", textContent: text });
  control.dataset[kind] = name;
  control.addEventListener("click", action);
  return control;
}

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
