// Pages of many rows: a field and choices that leave those that are wanted, kept in the page's address, and an address
// for each row. Without this script all rows stand there.
//
// A page has a place for its filter, `<div class="row-filter" data-rows="SELECTOR" data-facets="LABEL: WHERE; …">`, or a
// table of class "filtered" gets one of its own. WHERE is a class of elements in a row (`.status`), `section` or
// `subsection` for the heading above it, or the head of a column.
import { message as _ } from "./messages.mjs";

const LONGEST_WAIT = 300; // ms until what is typed stands in the address

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function labelled(label, control, id) {
  control.id = id;
  return make("span", { className: "row-filter-part" }, make("label", { htmlFor: id, textContent: label }), control);
}

const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

/** The sections around a row, the page's own left out, the outermost first. */
function sectionsOf(row) {
  const found = [];
  for (let at = row.parentElement.closest("section"); at; at = at.parentElement.closest("section")) found.unshift(at);
  return found.slice(1);
}

/** Text of a heading without the link to it. */
const heading = (section) => section.querySelector(":is(h2, h3, h4)").firstChild.textContent.trim();

function valuesOf(row, where) {
  if (where.startsWith(".")) return [...row.querySelectorAll(where)].map(words);
  if (where === "section" || where === "subsection") {
    const section = sectionsOf(row)[where === "section" ? 0 : 1];
    return section ? [heading(section)] : [];
  }
  const heads = [...row.closest("table").tHead.rows].at(-1).cells;
  const cell = row.cells[[...heads].findIndex((head) => words(head) === where)];
  return cell ? [words(cell)] : [];
}

class Filter {
  constructor(place, name, rows, facets, { things = _("rows"), about = "" }) {
    Object.assign(this, { name, rows, facets, things });
    // A table that is filtered is one of a section that has more to say.
    this.sections = place.matches(".row-filter") ? [...new Set(rows.flatMap(sectionsOf))] : [];
    this.texts = null;
    this.values = facets.map(({ where }) => rows.map((row) => valuesOf(row, where)));
    this.field = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    this.choices = facets.map((facet, place) => this.choice(place));
    this.clear = make("button", { type: "reset", textContent: _("Clear") });
    this.found = make("span", { className: "row-filter-found" });
    this.found.setAttribute("role", "status");
    const parts = [[_("Search"), this.field], ...facets.map(({ label }, place) => [label, this.choices[place]])];
    this.form = make("form", { className: "row-filter-form" },
      ...parts.map(([label, control], place) => labelled(label, control, `${name}-part-${place}`)), this.clear, this.found);
    this.form.setAttribute("role", "search");
    this.form.setAttribute("aria-label", about ? _("Filter: {about}", { about }) : _("Filter the {things}", { things }));
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", (event) => {
      event.preventDefault();
      this.set({});
      this.changed();
      this.field.focus();
    });
    place.matches(".row-filter") ? place.replaceChildren(this.form) : place.before(this.form);
  }

  choice(place) {
    const counts = new Map();
    for (const value of this.values[place].flat()) counts.set(value, (counts.get(value) ?? 0) + 1);
    const options = [...counts].map(([value, count]) => make("option", { value, textContent: `${value} (${count})` }));
    return make("select", {}, make("option", { value: "", textContent: _("all") }), ...options);
  }

  /** Names of what is chosen, as they stand in the address. */
  key(place) {
    return `${this.name}-${this.facets[place].label.toLowerCase().replace(/\W+/g, "-")}`;
  }

  set({ text = "", chosen = [] }) {
    this.field.value = text;
    for (const [place, choice] of this.choices.entries()) {
      const known = [...choice.options].some(({ value }) => value === chosen[place]);
      choice.value = known ? chosen[place] : "";
    }
    this.apply();
  }

  fromAddress() {
    const asked = new URLSearchParams(location.search);
    this.set({ text: asked.get(this.name) ?? "", chosen: this.choices.map((_, place) => asked.get(this.key(place))) });
  }

  toAddress() {
    const url = new URL(location.href);
    const told = [[this.name, this.field.value.trim()], ...this.choices.map(({ value }, place) => [this.key(place), value])];
    for (const [key, value] of told) value ? url.searchParams.set(key, value) : url.searchParams.delete(key);
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  changed() {
    this.apply();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.toAddress(), LONGEST_WAIT);
  }

  apply() {
    const sought = this.field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = this.choices.map(({ value }) => value);
    const narrowed = sought.length > 0 || chosen.some(Boolean);
    if (sought.length) this.texts ??= this.rows.map((row) => words(row).toLowerCase());
    let shown = 0;
    for (const [place, row] of this.rows.entries()) {
      const wanted = chosen.every((value, facet) => !value || this.values[facet][place].includes(value))
        && sought.every((word) => this.texts[place].includes(word));
      if (row.hidden === wanted) row.hidden = !wanted;
      shown += wanted;
    }
    const full = new Set(this.rows.filter((row) => !row.hidden).flatMap(sectionsOf));
    for (const section of this.sections) section.hidden = !full.has(section);
    this.clear.hidden = !narrowed;
    const counts = { shown, all: this.rows.length, things: this.things };
    this.found.textContent = narrowed ? _("{shown} of {all} {things}", counts) : _("{all} {things}", counts);
  }

  /** Whether it hides an element; then it lets everything be seen. */
  reveal(element) {
    const hidden = element.closest("[hidden]");
    if (!hidden || ![...this.rows, ...this.sections].includes(hidden)) return false;
    this.set({});
    this.toAddress();
    return true;
  }
}

const facetsOf = (text = "") =>
  text.split(";").map((part) => part.trim()).filter(Boolean).map((part) => {
    const [label, where] = part.split(/:\s*/);
    return { label, where };
  });

const filters = [];
for (const place of document.querySelectorAll("article :is(.row-filter, table.filtered)")) {
  const own = place.matches("table");
  const rows = own ? [...place.tBodies].flatMap((body) => [...body.rows]) : [...document.querySelectorAll(place.dataset.rows)];
  const name = filters.length ? `rows${filters.length + 1}` : "rows";
  const { facets, things } = place.dataset;
  const about = own ? place.caption?.textContent.trim() : "";
  const filter = new Filter(own ? place.closest(".cell_output, .output") ?? place : place, name, rows, facetsOf(facets), { things, about });
  filters.push(filter);
  filter.fromAddress();
  for (const row of rows) {
    const named = row.matches("tr") && row.querySelector("[id^='row-']");
    if (!named) continue;
    const link = make("a", { className: "row-link", href: `#${named.id}`, textContent: "#", title: _("Address of this row") });
    link.setAttribute("aria-label", _("Address of row {row}", { row: words(row.cells[0]) }));
    const cell = named.closest("td, th");
    (cell.querySelector("p") ?? cell).append(" ", link);
  }
}

/** What the address names is seen, whatever is filtered. */
function arrive() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && filters.map((filter) => filter.reveal(target)).includes(true)) target.scrollIntoView();
}

addEventListener("hashchange", arrive);
addEventListener("popstate", () => filters.forEach((filter) => filter.fromAddress()));
// The forms above the rows have moved them.
arrive();
if (location.hash.startsWith("#row-")) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
