// MicroPython with a chapter's modules, its data and its headline cell: texts of parameters in, results out.
import { loadMicroPython } from "./micropython.mjs";

// Numbers cross as text, because whole numbers would cross in 32 bits.
const PROGRAM = `
import json
import sys
sys.path.append(".")

def read(path):
    with open(path) as file:
        return file.read()

from llmcalc import datasets
datasets.provide(json.loads(read("data.json")))
shared = {}
exec(read("prelude.py"), shared)
headline = compile(read("headline.py"), "headline", "exec")
curves = compile(read("curves.py"), "curves", "exec")
latest = {}
read_as = {"float": float, "int": int, "str": str, "bool": lambda text: text == "true"}

def calculate(given):
    global latest
    scope = dict(shared)
    for name, kind, text in json.loads(given):
        scope[name] = read_as[kind](text)
    try:
        exec(headline, scope)
        results = scope["results"]
        texts = results.formatted()
        latest = scope
        return json.dumps({"texts": texts, "values": {name: results[name] for name in texts}})
    except ValueError as error:
        return json.dumps({"refusal": str(error)})
    except (ArithmeticError, MemoryError) as error:
        return json.dumps({"refusal": "there is no result: " + str(error or type(error).__name__)})

def draw():
    exec(curves, latest)
    return json.dumps(latest["curves"].data())
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
  python.FS.writeFile("prelude.py", model.prelude);
  python.FS.writeFile("headline.py", model.runnable);
  python.FS.writeFile("curves.py", model.curves);
  python.runPython(PROGRAM);
  const [calculate, draw] = ["calculate", "draw"].map((name) => python.globals.get(name));
  return {
    calculate(texts) {
      const given = model.parameters.map(({ name, type }) => [name, type, texts[name]]);
      return JSON.parse(calculate(JSON.stringify(given)));
    },
    draw: () => JSON.parse(draw()),
  };
}
