// MicroPython with a question's answer, its modules and its data: texts of parameters in, results out.
import { loadMicroPython } from "./micropython.mjs";

// Numbers cross as text, because whole numbers would cross in 32 bits.
const PROGRAM = `
import json
import sys
sys.path.append(".")
from llmcalc import datasets
from llmcalc.checks import Refusal
from llmcalc.quantities import read

with open("data.json") as file:
    datasets.provide(json.load(file))
latest = {}

def calculate(given):
    global latest
    values, refusals = {}, {}
    for name, text in json.loads(given):
        try:
            values[name] = read(text, name)
        except Refusal as refusal:
            refusals[name] = str(refusal)
    if refusals:
        return json.dumps({"refusals": refusals})
    try:
        results = getattr(module, NAME)(**values)
    except Refusal as refusal:
        return json.dumps({"refusals": {refusal.argument: str(refusal)}})
    except (ArithmeticError, MemoryError) as error:
        return json.dumps({"refusals": {"": "there is no result: " + str(error or type(error).__name__)}})
    latest = values
    texts = results.formatted()
    return json.dumps({"texts": texts, "values": {name: results[name] for name in texts}, "read": values})

def draw():
    return json.dumps(getattr(module, NAME + "_curves")(**latest).data())
`;

/** Begin to load MicroPython. */
export function load() {
  return loadMicroPython({ heapsize: 16 << 20, stdout: () => {}, stderr: () => {} });
}

/** Give a chapter to MicroPython; return what calculates its results, and the curves of the last ones. */
export function prepare(python, model) {
  // A package is a folder with an __init__.py; a module stands in the folder of its package.
  const packages = new Set();
  for (const [name, source] of Object.entries(model.modules)) {
    const parts = name.split(".");
    for (let depth = 1; depth < parts.length; depth += 1) packages.add(parts.slice(0, depth).join("/"));
    for (const folder of [...packages].filter((path) => !python.FS.analyzePath(path).exists)) {
      python.FS.mkdir(folder);
      python.FS.writeFile(`${folder}/__init__.py`, "");
    }
    python.FS.writeFile(`${parts.join("/")}.py`, source);
  }
  python.FS.writeFile("data.json", JSON.stringify(model.data));
  python.runPython(PROGRAM);
  python.runPython(`from llmcalc.answers import ${model.answer} as module\nNAME = "${model.answer}"`);
  const [calculate, draw] = ["calculate", "draw"].map((name) => python.globals.get(name));
  return {
    calculate(texts) {
      const given = model.parameters.map(({ name }) => [name, texts[name]]);
      return JSON.parse(calculate(JSON.stringify(given)));
    },
    draw: () => JSON.parse(draw()),
  };
}
