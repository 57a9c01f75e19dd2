// A model or a device of the reader's own, beside the menu of the book's: it is read in the worker, and stays in the browser.
import { message as _ } from "../_static/messages.mjs";
import { ask } from "./calculation.mjs";
import { choose } from "./inputs.mjs";

const MOST_FILE = 2_000_000; // characters of a file: hundreds of times a usual one
const MOST_TEXT = 100_000; // of what is read of it
const UNREAD = ["quantization_config", "compression_config", "id2label", "label2id"]; // long lists that say nothing of the shape

let modules; // what reads models' files, fetched when the first one comes

/** Fill the section of a parameter with what it takes to give one's own. */
export function fill(section, parameter, menu) {
  // Changes in here are none of the calculator's form, until they are used.
  for (const event of ["input", "change"]) section.addEventListener(event, (happened) => happened.stopPropagation());
  const said = made("p", { className: "calculator-error", hidden: true });
  said.setAttribute("role", "alert");
  const noted = made("p", { className: "calculator-note", hidden: true });
  noted.setAttribute("role", "status");
  const use = (text, note = "") => {
    choose(menu, text);
    say(said, "");
    say(noted, note);
    for (const event of ["input", "change"]) menu.dispatchEvent(new Event(event, { bubbles: true }));
  };
  const refuse = (reason) => {
    say(noted, "");
    say(said, reason);
  };
  section.append(...(parameter.quantities ? device(parameter, menu, use, refuse) : file(section, use, refuse)), said, noted);
}

/** A place to paste or drop a model's config.json. */
function file(section, use, refuse) {
  const text = made("textarea", { rows: 4, spellcheck: false });
  text.setAttribute("aria-label", _("Text of a config.json"));
  const chooser = made("input", { type: "file", accept: ".json,application/json" });
  chooser.setAttribute("aria-label", _("File config.json"));
  const take = async (whole) => {
    const { text: short, assumed, refusal } = await shortened(whole);
    if (refusal) return refuse(refusal);
    use(short, assumed.length ? _("Assumed: {assumed}.", { assumed: assumed.join("; ") }) : "");
  };
  const takeFile = async (given) => {
    if (!given) return;
    if (given.size > MOST_FILE) return refuse(_("the file is larger than {most} bytes", { most: MOST_FILE.toLocaleString("en") }));
    text.value = await given.text();
    take(text.value);
  };
  chooser.addEventListener("change", () => takeFile(chooser.files[0]));
  section.addEventListener("dragover", (event) => event.preventDefault());
  section.addEventListener("drop", (event) => {
    event.preventDefault();
    takeFile(event.dataTransfer.files[0]);
  });
  const hint = _("Paste or drop a config.json, as repositories of models have it. It stays in your browser.");
  return [made("p", { textContent: hint }), text, chooser, button(_("Use this model"), () => take(text.value))];
}

/** A model's file as a short text, or why it is none. */
async function shortened(whole) {
  if (whole.length > MOST_FILE) return { refusal: _("the text is longer than {most} characters", { most: MOST_FILE.toLocaleString("en") }) };
  let fields;
  try {
    fields = JSON.parse(whole);
  } catch {
    return { refusal: _("the text is no JSON: paste all of a config.json") };
  }
  for (const name of UNREAD) if (fields && typeof fields === "object") delete fields[name];
  const text = JSON.stringify(fields);
  if (text.length > MOST_TEXT) return { refusal: _("the file is too long for a config.json: {count} characters", { count: text.length }) };
  modules ??= await (await fetch(new URL("./own-models.json", import.meta.url))).json();
  try {
    return await ask("shorten", { modules, text });
  } catch ({ message: reason }) {
    return { refusal: _("the file can’t be read: {reason}", { reason }) };
  }
}

/** Fields for the numbers of a device. */
function device({ quantities }, menu, use, refuse) {
  const known = menu.value.startsWith("{") ? JSON.parse(menu.value) : {};
  const name = field("name", _("name"), "", known.name ?? "my card");
  const fields = quantities.map(({ name: key, meaning, unit }) => [key, field(key, meaning, unit, known[key] ?? "")]);
  const usual = (key) => !key.startsWith("peak_") || ["peak_fp16", "peak_bf16", "peak_fp8"].includes(key);
  const take = () => {
    // No quotes and no backslashes: the text has to pass through shells and addresses.
    const numbers = { name: name.input.value.replaceAll(/[^\w .+()/-]/g, "").trim().slice(0, 60) || "custom" };
    for (const [key, { input }] of fields) if (input.value.trim()) numbers[key] = input.value.trim();
    if (Object.keys(numbers).length === 1) return refuse(_("give at least one number, such as the memory"));
    use(JSON.stringify(numbers));
  };
  const more = made("details", {});
  more.append(made("summary", { textContent: _("Peaks in other formats") }));
  for (const [key, { row }] of fields) if (!usual(key)) more.append(row);
  const shown = fields.filter(([key]) => usual(key)).map(([, { row }]) => row);
  const hint = _("Numbers with or without units; leave empty what you don’t know.");
  return [made("p", { textContent: hint }), name.row, ...shown, more, button(_("Use this device"), take)];
}

function field(key, meaning, unit, value) {
  const row = made("label", { className: "calculator-own-field" });
  const input = made("input", { type: "text", autocomplete: "off", spellcheck: false, value });
  input.dataset.quantity = key;
  row.append(`${meaning}${unit && unit !== "1" ? ` [${unit}]` : ""}`, input);
  return { row, input };
}

function button(text, action) {
  const control = made("button", { type: "button", textContent: text });
  control.addEventListener("click", action);
  return control;
}

function made(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}
