// Grades the exercises at the end of a chapter, in the worker of its calculator; keeps progress where the browser lets it.
import { message as _ } from "../_static/messages.mjs";
import { ask, prepared } from "./calculation.mjs";

const STORE = "llmcalc-practice";
const MOST_SEEDS = 10000; // of those that "New numbers" chooses from
const root = document.querySelector(".practice");
const { chapter } = root.dataset;
const bar = root.querySelector(".practice-bar");
const progress = root.querySelector(".practice-progress");
const sections = [...root.querySelectorAll(".practice-exercise")];
const tries = new Map(); // by section: answers since the numbers changed
const hinted = new Map(); // by section: hints that are shown

let seed = Number(root.dataset.seed);
let posed = [];
let solved = load();

// Nobody waits for exercises that are far below.
const watch = new IntersectionObserver(
  (entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    start().catch(({ message: reason }) => (progress.textContent = _("The exercises cannot be checked here: {reason}.", { reason })));
  },
  { rootMargin: "100%" },
);
watch.observe(root);

async function start() {
  await prepared;
  await ask("practise");
  await pose(fromAddress() ?? seed);
  for (const control of root.querySelectorAll("[disabled]")) control.disabled = false;
  for (const section of sections) markMoves(section);
  addEventListener("popstate", () => {
    const other = fromAddress() ?? Number(root.dataset.seed);
    if (other !== seed) pose(other);
  });
  performance.mark("practice-ready");
}

/** The seed of the address, if it is one. */
function fromAddress() {
  const text = new URLSearchParams(location.search).get("seed") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** Show the exercises with the numbers of a seed. */
async function pose(other) {
  posed = await ask("pose", other);
  seed = other;
  bar.elements.seed.value = seed;
  tries.clear();
  hinted.clear();
  for (const [place, section] of sections.entries()) show(section, posed[place]);
  tellProgress();
}

function show(section, { shown, options, solution, kind }) {
  section.querySelector(".practice-text").innerHTML = shown.text; // the author's own, with formulas set
  if (kind === "ordering") restore(section);
  for (const option of section.querySelectorAll("[data-option]")) option.textContent = options[option.dataset.option];
  const fold = section.querySelector(".practice-solution");
  fold.open = false;
  fold.querySelector(".practice-steps").replaceChildren(...shown.steps.map(item));
  fold.querySelector("strong").textContent = solution;
  section.querySelector(".practice-hints").replaceChildren();
  section.querySelector("[data-action=hint]").disabled = false;
  section.querySelector("form").reset();
  say(section, "", "");
}

function item(html) {
  const made = document.createElement("li");
  made.innerHTML = html;
  return made;
}

function say(section, kind, text) {
  const feedback = section.querySelector(".practice-feedback");
  feedback.dataset.kind = kind;
  feedback.textContent = text;
  const field = section.querySelector("input[type=text]");
  if (field) field.setAttribute("aria-invalid", String(Boolean(kind) && kind !== "right"));
}

/** What somebody answers: a text, the letter of an option, or letters in their order. */
function answerOf(section) {
  if (section.dataset.kind === "ordering") {
    return [...section.querySelectorAll("[data-letter]")].map((line) => line.dataset.letter).join(" ");
  }
  return section.querySelector("form").elements.answer.value;
}

async function check(section) {
  const place = sections.indexOf(section);
  const attempt = (tries.get(section) ?? 0) + 1;
  const answer = answerOf(section);
  const { kind, shown } = await ask("check", { place, answer, seed, attempt });
  if (kind !== "unread") tries.set(section, attempt);
  say(section, kind, "");
  section.querySelector(".practice-feedback").innerHTML = shown;
  if (kind === "right") {
    solved[posed[place].name] ??= { seed, tries: attempt };
    store();
    tellProgress();
  }
}

function hint(section) {
  const { hints } = posed[sections.indexOf(section)].shown;
  const count = (hinted.get(section) ?? 0) + 1;
  hinted.set(section, count);
  section.querySelector(".practice-hints").append(item(hints[count - 1]));
  section.querySelector("[data-action=hint]").disabled = count === hints.length;
}

/** Move an option one place up or down; the button that was pressed goes with it. */
function move(button) {
  const line = button.closest("li");
  const up = button.dataset.move === "-1";
  const other = up ? line.previousElementSibling : line.nextElementSibling;
  if (!other) return;
  if (up) other.before(line);
  else other.after(line);
  const section = line.closest(".practice-exercise");
  markMoves(section);
  (button.disabled ? line.querySelector("button:not([disabled])") : button).focus();
  const lines = [...line.parentElement.children];
  const option = line.querySelector("[data-option]").textContent;
  say(section, "", _("{option} is now {place} of {all}.", { option, place: lines.indexOf(line) + 1, all: lines.length }));
}

function markMoves(section) {
  const lines = [...section.querySelectorAll("[data-letter]")];
  for (const [place, line] of lines.entries()) {
    line.querySelector("[data-move='-1']").disabled = place === 0;
    line.querySelector("[data-move='1']").disabled = place === lines.length - 1;
  }
}

function restore(section) {
  const lines = [...section.querySelectorAll("[data-letter]")];
  lines.sort((one, two) => one.dataset.letter.localeCompare(two.dataset.letter));
  lines[0].parentElement.append(...lines);
  markMoves(section);
}

function tellProgress() {
  const names = posed.map(({ name }) => name);
  for (const [place, section] of sections.entries()) {
    section.querySelector(".practice-mark").hidden = !(names[place] in solved);
  }
  const count = names.filter((name) => name in solved).length;
  const solvedOf = _("{count} of {all} solved.", { count, all: names.length });
  progress.textContent = [solvedOf, _("Everybody with seed {seed} has these numbers.", { seed })].join(" ");
}

/** What was solved, by exercise; nothing where the browser keeps nothing. */
function load() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) ?? "{}");
    return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  } catch {
    return {};
  }
}

function store() {
  try {
    localStorage.setItem(STORE, JSON.stringify(solved));
  } catch {
    // It is kept as long as the page is open.
  }
}

function remember(other) {
  const url = new URL(location.href);
  url.searchParams.set("seed", other);
  history.pushState(null, "", url);
  return pose(other);
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ solved }, null, 2)], { type: "application/json" }));
  link.download = "practice.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

bar.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = bar.elements.seed.value.trim();
  if (/^\d{1,9}$/.test(text)) remember(Number(text));
  else progress.textContent = _('The seed "{text}" is not accepted: give a whole number from 0 to 999999999.', { text });
});
bar.addEventListener("click", ({ target }) => {
  const { action } = target.dataset;
  if (action === "new") remember(1 + Math.floor(Math.random() * MOST_SEEDS));
  else if (action === "keep") save();
  else if (action === "forget") {
    solved = {};
    store();
    tellProgress();
  }
});
root.addEventListener("submit", (event) => {
  event.preventDefault();
  const section = event.target.closest(".practice-exercise");
  if (section) check(section);
});
root.addEventListener("click", ({ target }) => {
  const section = target.closest(".practice-exercise");
  if (target.dataset.action === "hint") hint(section);
  else if (target.dataset.move) move(target);
});
