// The estimation drill: ten questions against the clock, posed and judged by Python in a worker of its own.
import { message as _, plural } from "../_static/messages.mjs";
import { workerOf } from "./work.mjs";

const MOST_SEEDS = 10000; // of those that chance chooses from
const WARNINGS = [60, 30]; // seconds before the end that are said aloud
const root = document.querySelector(".drill");
const most = Number(root.dataset.most);
const find = (selector) => root.querySelector(selector);
const [startForm, questionForm, result, status] = [".drill-start", ".drill-question", ".drill-result", ".drill-status"].map(find);

const ask = workerOf("drill");
let drill = null; // the one that runs

/** The seed of the address, or one by chance. */
function nextSeed() {
  const text = new URLSearchParams(location.search).get("seed") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : 1 + Math.floor(Math.random() * MOST_SEEDS);
}

function show(part) {
  for (const other of [startForm, questionForm, result]) other.hidden = other !== part;
}

async function begin(seed, minutes) {
  const questions = await ask("drill", seed);
  const ends = minutes ? performance.now() + 60000 * minutes : Infinity;
  drill = { seed, questions, answers: [], began: performance.now(), ends, warned: WARNINGS.filter((left) => left >= 60 * minutes) };
  status.textContent = "";
  say("");
  show(questionForm);
  pose();
  drill.clock = setInterval(tick, 250);
  tick();
}

function pose() {
  const number = drill.answers.length;
  const question = drill.questions[number];
  find("#drill-title").textContent = _("Question {number} of {all}", { number: number + 1, all: drill.questions.length });
  find(".drill-text").textContent = question.text;
  find(".drill-unit").textContent = `[${question.wanted}]`;
  questionForm.elements.answer.value = "";
  questionForm.elements.answer.removeAttribute("aria-invalid");
  questionForm.elements.answer.focus();
}

function say(text) {
  find(".drill-said").textContent = text;
}

function tick() {
  const left = Math.ceil((drill.ends - performance.now()) / 1000);
  find(".drill-clock").textContent = drill.ends === Infinity ? "" : `${Math.floor(left / 60)}:${String(Math.max(left, 0) % 60).padStart(2, "0")}`;
  for (const warning of WARNINGS) {
    if (left <= warning && !drill.warned.includes(warning)) {
      drill.warned.push(warning);
      say(_("{seconds} seconds are left.", { seconds: warning }));
    }
  }
  if (left <= 0) finish(_("The time is over."));
}

async function answer(text) {
  const running = drill;
  const { length } = running.answers;
  const verdict = await ask("judge", { place: length, text });
  // The time may be over meanwhile.
  if (drill !== running || running.answers.length !== length) return;
  if (verdict.kind === "unread") {
    questionForm.elements.answer.setAttribute("aria-invalid", "true");
    say(verdict.said);
    return;
  }
  take({ text, ...verdict });
}

function take(given) {
  drill.answers.push(given);
  const points = plural("{n} point", "{n} points", given.points);
  say(given.said ? _("Before: {said} {points}.", { said: given.said, points }) : _("Passed."));
  if (drill.answers.length === drill.questions.length) finish("");
  else pose();
}

function finish(why) {
  clearInterval(drill.clock);
  const { questions, answers, began, seed } = drill;
  drill = null;
  const total = answers.reduce((sum, { points }) => sum + points, 0);
  const offs = answers.filter(({ off }) => off !== undefined).map(({ off }) => Math.abs(off));
  find("#drill-score").textContent = _("{points} of {all} points", { points: total, all: most * questions.length });
  const seconds = Math.round((performance.now() - began) / 1000);
  const parts = [why, _("You estimated {count} of {all} in {seconds} s.", { count: offs.length, all: questions.length, seconds })];
  if (offs.length) {
    const orders = (offs.reduce((sum, off) => sum + off, 0) / offs.length).toPrecision(2);
    parts.push(_("They were {orders} orders of magnitude off on average.", { orders }));
  }
  parts.push(_("Everybody with seed {seed} has these questions.", { seed }));
  find(".drill-summary").textContent = parts.join(" ").trim();
  find("tbody").replaceChildren(...questions.map((question, place) => row(question, answers[place])));
  show(result);
  find("#drill-score").focus();
}

function row(question, given) {
  const made = document.createElement("tr");
  const link = document.createElement("a");
  const [chapter, number] = question.name.split("/");
  link.href = `notebooks/${chapter}.html#practice-${number}`;
  link.textContent = question.name;
  made.insertCell().append(`${question.text} (`, link, ")");
  made.insertCell().textContent = given?.text || "–";
  made.insertCell().textContent = question.solution;
  made.insertCell().textContent = given?.points ?? 0;
  return made;
}

startForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const { seed, minutes } = startForm.elements;
  const text = seed.value.trim();
  if (!/^\d{1,9}$/.test(text)) {
    status.textContent = _('The seed "{text}" is not accepted: give a whole number from 0 to 999999999.', { text });
    return;
  }
  const url = new URL(location.href);
  url.searchParams.set("seed", text);
  history.replaceState(null, "", url);
  begin(Number(text), Number(minutes.value)).catch(fail);
});
questionForm.addEventListener("submit", (event) => {
  event.preventDefault();
  answer(questionForm.elements.answer.value).catch(fail);
});
root.addEventListener("click", ({ target }) => {
  const { action } = target.dataset;
  if (action === "pass") take({ text: "", points: 0 });
  else if (action === "end") finish("");
  else if (action === "again") {
    startForm.elements.seed.value = 1 + Math.floor(Math.random() * MOST_SEEDS);
    show(startForm);
    startForm.querySelector("button").focus();
  }
});

function fail({ message }) {
  status.textContent = _("The drill does not run here: {reason}.", { reason: message });
}

await ask("prepareDrill").then(() => {
  startForm.elements.seed.value = nextSeed();
  find(".drill-plain").hidden = true;
  status.textContent = "";
  show(startForm);
  performance.mark("drill-ready");
}, fail);
