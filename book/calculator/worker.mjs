// The worker of a page's calculator: it calculates, so that the page itself never waits. Its name is the chapter's, or drill, and
// the language of the page, which messages.mjs takes from there.

const [chapter] = name.split(" ");

const get = globalThis.fetch.bind(globalThis);
const shared = async (file) => (await get(new URL(`./${file}.json`, import.meta.url), { priority: "low" })).json();
const fetched = (file) => shared(`${chapter}-${file}`);

// On its way before the script that asks for it is there, and yet after all that the page needs to show.
const binary = get(new URL("./micropython.wasm", import.meta.url), { priority: "low" });
const program = fetched("program");
program.catch(() => {}); // whoever asks for it is told
globalThis.fetch = async (address, ...rest) => (String(address).endsWith(".wasm") ? (await binary).clone() : get(address, ...rest));

const runtime = import("./python.mjs").then(async ({ load, ...rest }) => ({ python: await load(), ...rest }));
let prepared;
let taking;
let scenarios;
let exercises;
let drill;
const answers = {
  prepare: async () => {
    prepared = Promise.all([runtime, program]).then(([{ python, prepare }, model]) => prepare(python, model));
    await prepared;
  },
  calculate: async (texts) => (await prepared).calculate(texts),
  calculateFirst: async (texts) => (await prepared).calculateFirst(texts),
  draw: async () => (await prepared).draw(),
  along: async (given) => (await prepared).along(given),
  goOn: async (points) => (await prepared).goOn(points),
  moves: async (result) => (await prepared).moves(result),
  shorten: async (given) => {
    const [{ python, shortenModel }] = await Promise.all([runtime, prepared]);
    return shortenModel(python, given);
  },
  // What writes an answer down comes when somebody wants to take it along.
  take: async ({ texts, ...given }) => {
    taking ??= Promise.all([runtime, shared("take"), prepared]).then(([{ python, prepareTaking }, model]) => prepareTaking(python, model));
    const [take, chapter] = await Promise.all([taking, prepared]);
    return take({ ...given, given: chapter.given(texts) });
  },
  // So does what compares scenarios.
  prepareScenarios: async () => {
    scenarios ??= Promise.all([runtime, shared("scenarios"), prepared]).then(([{ python, prepareScenarios }, modules]) => prepareScenarios(python, modules));
    await scenarios;
  },
  weigh: async (texts) => (await scenarios).weigh((await prepared).given(texts)),
  compare: async (two) => (await scenarios).begin(await Promise.all(two.map(async (texts) => (await prepared).given(texts)))),
  compareOn: async (given) => (await scenarios).goOn(given),
  // The exercises of a chapter come after its calculator, whose modules they use.
  practise: async () => {
    const [{ python, prepareExercises }, model] = await Promise.all([runtime, fetched("exercises"), prepared]);
    exercises = prepareExercises(python, model);
  },
  pose: (seed) => exercises.pose(seed),
  check: (given) => exercises.check(given),
  prepareDrill: async () => {
    const [{ python, prepareDrill }, model] = await Promise.all([runtime, program]);
    drill = prepareDrill(python, model);
  },
  drill: (seed) => drill.draw(seed),
  judge: (given) => drill.judge(given),
};

addEventListener("message", async ({ data: { id, action, given } }) => {
  try {
    postMessage({ id, answer: await answers[action](given) });
  } catch (error) {
    postMessage({ id, failure: String(error) });
  }
});
