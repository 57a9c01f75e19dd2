// Texts for people, in the language of the edition: English as it stands in the scripts, or what a catalogue has for it.
// It is what llmcalc/messages.py is for Python, and takes the same catalogue.
let translations = {};

/** Take texts from a catalogue from now on; an empty one is English. */
export function use(catalogue) {
  translations = catalogue;
}

/** What is used, for a worker to hand it on to Python. */
export function catalogue() {
  return translations;
}

/** A text as it is, for `message` to find in the catalogue where it is shown. */
export function marked(text) {
  return text;
}

/** A text in the edition's language, with values in the place of the names between braces. */
export function message(text, values = {}) {
  const found = Object.hasOwn(translations, text) ? translations[text] : text;
  return filled([found].flat()[0], values);
}

/** The form of a text that a number asks for; the number stands in it as {n}. */
export function plural(singular, many, n, values = {}) {
  const forms = [Object.hasOwn(translations, singular) ? translations[singular] : [singular, many]].flat();
  return filled(n === 1 ? forms[0] : forms.at(-1), { ...values, n });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (braces, name) => (Object.hasOwn(values, name) ? String(values[name]) : braces));
}

// Only an edition that is not English has a file to wait for. A page says which it is, and tells its worker by its name.
const language = globalThis.document?.documentElement.lang || globalThis.name?.split(" ")[1] || "en";
if (!language.startsWith("en")) use(await (await fetch(new URL("./messages.json", import.meta.url))).json());
