// MicroPython with the answer to a chapter's question, what it imports and its data: texts of parameters in, results out.
import { catalogue, marked } from "../_static/messages.mjs";
import { loadMicroPython } from "./micropython.mjs";

// Said in Python, where nobody looks for texts.
const [NO_RESULT, UNREAD] = [marked("there is no result: {reason}"), marked("the file cannot be read: {reason}")].map((text) => JSON.stringify(text));

// Numbers cross as text, because whole numbers would cross in 32 bits.
const PROGRAM = `
import json
import sys
sys.path.append(".")

from llmcalc import datasets, spread
from llmcalc.answering import accept
from llmcalc.checks import Refusal
from llmcalc.formats import written
from llmcalc.messages import message, use
from llmcalc.quantities import read

with open("page.json") as file:
    page = json.load(file)
use(page["texts"])
datasets.read_from("data")
module = __import__("llmcalc.answers." + page["function"], None, None, ["*"])
answer = getattr(module, page["function"])
limits = {}
for parameter in page["parameters"]:
    if "own" in parameter:
        limits[parameter["name"]] = parameter["own"]
    elif "choices" in parameter:
        limits[parameter["name"]] = parameter["choices"]
    elif "low" in parameter:
        limits[parameter["name"]] = (parameter["low"], parameter["high"])
latest = {}
answered = None
asked = ""  # what was given for these
read_before = {}
sample = None  # of an answer to ranges

def told(refusal):
    return {
        "argument": refusal.argument,
        "value": repr(refusal.value),
        "accepted": refusal.accepted,
        "message": str(refusal),
    }

def value_of(text, name):
    if spread.is_range(text) and isinstance(limits.get(name), tuple):
        return spread.read(text, name, limits[name])
    value = read(text, name)
    accept(name, value, limits.get(name))
    return value

def calculate(given):
    global latest, sample, answered, asked
    values, refusals = {}, []
    for name, text in json.loads(given):
        # At a move of a slider all texts but one are as they were.
        if name not in read_before or read_before[name][0] != text:
            try:
                value = value_of(text, name)
            except Refusal as refusal:
                refusals.append(told(refusal))
                continue
            read_before[name] = (text, value)
        values[name] = read_before[name][1]
    if refusals:
        return json.dumps({"refusals": refusals})
    try:
        ranges = [name for name in values if isinstance(values[name], spread.Spread)]
        sample = spread.Sample(answer, values) if ranges else None
        results = sample.middle if sample else answer(**values)
        texts = results.formatted()
        latest = sample.in_the_middle if sample else values
        answered, asked = results, given
        kind, sentence = results.told
        return json.dumps({
            "texts": texts,
            "units": results.units(),
            "values": {name: results[name] for name in texts},
            "given": {name: repr(value) for name, value in latest.items()},
            "ranges": ranges,
            "sentence": sentence,
            "kind": kind,
        })
    except Refusal as refusal:
        return json.dumps({"refusals": [told(refusal)]})
    except (ValueError, ArithmeticError, MemoryError) as error:
        said = message(${NO_RESULT}, reason=str(error or type(error).__name__))
        return json.dumps({"refusals": [{"argument": "", "value": "", "accepted": "", "message": said}]})

def calculate_first(given):
    if not latest:
        calculate(given)

def draw():
    return json.dumps(getattr(module, page["curves"])(**latest).data())

def go_on(points):
    if sample is None:  # somebody has changed the ranges into numbers meanwhile
        return "null"
    sample.go_on(int(points))
    told = sample.told()
    for parts in told.values():
        for end in ("p10", "median", "p90"):
            parts[end] = written(parts[end])
    return json.dumps({"points": sample.points, "refused": sample.refused, "told": told})

def along(given):
    # A result of the latest answer along one of its parameters: its values, and all as people write it.
    wanted = json.loads(given)
    found, texts = [], []
    for value in wanted["values"]:
        number = None
        try:
            results = answer(**dict(latest, **{wanted["name"]: value}))
            if all([results[name] == text for name, text in wanted["only"].items()]):
                number = results.numbers().get(wanted["result"])
        except Refusal:
            pass
        found.append(number)
        texts.append(written(number))
    return json.dumps({"values": found, "texts": texts, "given": [written(value) for value in wanted["values"]]})

def moves(result):
    rows = sample.tornado(result)
    for row in rows:
        row["texts"] = [written(row[end]) if row[end] is not None else "" for end in ("low", "high")]
    return json.dumps(rows)
`;

const TAKE = `
from collections import OrderedDict

from llmcalc import records
from llmcalc.answering import kept

with open("take.json") as file:
    taken = json.load(file)
LEAST = 16  # points of ranges that say something

def typed_of(parameter, value):
    if "own" in parameter and value[:1] == "{":
        return kept(value, parameter["own"])
    return records.typed(parameter["type"], value)

def take(given):
    wanted = json.loads(given)
    # What is no longer the latest is asked for anew; of the page as it came nothing has been worked out yet.
    if asked != wanted["given"] and (asked or "refusals" in json.loads(calculate(wanted["given"]))):
        return "null"
    texts = {name: text for name, text in json.loads(wanted["given"])}
    spreads = sample.spreads if sample else {}
    if sample and sample.points < LEAST:
        sample.go_on(LEAST - sample.points)
    parameters, changed = OrderedDict(), []
    for parameter in page["parameters"]:
        name = parameter["name"]
        parameters[name] = typed_of(parameter, latest[name])
        if name in spreads or parameters[name] != typed_of(parameter, value_of(parameter["default"], name)):
            changed.append(name)
    question, version = page["function"].replace("_", "-"), taken["version"]
    if sample:
        found = records.record_of_ranges(question, parameters, sample, version, wanted["names"])
    else:
        results = records.results_of(answered, wanted["names"])
        found = records.record(question, parameters, results, version)
    points = sample.points if sample else records.POINTS
    values = OrderedDict([(name, parameters[name]) for name in changed])
    written_down = OrderedDict([(name, texts[name]) for name in changed])
    single = OrderedDict([(n, records.scalar(values[n]) if n in spreads else texts[n]) for n in changed])
    ranges = OrderedDict([(name, texts[name] if name in spreads else values[name]) for name in changed])
    bibtex, citation = records.citation(taken["work"], question, wanted["title"], wanted["link"], wanted["seen"])
    described = {each["name"]: (each["meaning"], each["unit"]) for each in page["parameters"]}
    return json.dumps({
        "json": records.as_json(found) + "\\n",
        "csv": records.as_csv(found, described),
        "command": records.command(question, written_down, points),
        "program": records.program(question, ranges, points),
        "rerun": records.rerun(question, single),
        "papermill": records.papermill(question, values),
        "citation": citation,
        "bibtex": bibtex,
    })
`;

const SCENARIOS = `
from collections import OrderedDict

from llmcalc import differences, records

comparison = None
compared = None  # texts of the two

def valued(given):
    return {name: value_of(text, name) for name, text in given}

def or_refusal(function, given):
    try:
        return json.dumps(function(json.loads(given)))
    except Refusal as refusal:
        return json.dumps({"refusal": str(refusal)})
    except (ValueError, ArithmeticError, MemoryError) as error:
        return json.dumps({"refusal": message(${NO_RESULT}, reason=str(error or type(error).__name__))})

# A scenario beside the one at hand, whose answer stays the latest.
def weigh_values(given):
    values = valued(given)
    if any([isinstance(value, spread.Spread) for value in values.values()]):
        spread.Sample(answer, values)
    else:
        answer(**values)
    return {}

def begin_values(given):
    global comparison, compared
    first, second = [differences.numbers(valued(texts)) for texts in given]
    comparison, compared = differences.Comparison(answer, first, second), given
    return {"left": comparison.left}

def go_on_values(given):
    count, names = given
    comparison.go_on(count)
    if comparison.left:
        return {"left": comparison.left}
    told = comparison.told(names)
    for name in told["results"]:
        result = told["results"][name]
        result["texts"] = [written(result[end]) for end in ("first", "second")]
        result["told"] = differences.told(result["kind"], result["change"])
        result["shares"] = [differences.told(result["kind"], result["parts"][each]) for each in told["inputs"]]
    first, second = [dict(texts) for texts in compared]
    given, instead = OrderedDict(), OrderedDict()
    for parameter in page["parameters"]:
        name = parameter["name"]
        if name in comparison.names:
            instead[name] = second[name]
        if comparison.first[name] != value_of(parameter["default"], name):
            given[name] = first[name]
    told["command"] = records.command(page["function"].replace("_", "-"), given, instead=instead)
    told["left"] = 0
    return told

def weigh(given):
    return or_refusal(weigh_values, given)

def begin_comparing(given):
    return or_refusal(begin_values, given)

def go_on_comparing(given):
    return or_refusal(go_on_values, given)
`;

const EXERCISES = `
import json

from llmcalc import datasets
from llmcalc.checks import Refusal

with open("exercises.json") as file:
    described = json.load(file)
datasets.read_from("data")  # some tables have more columns now
from llmcalc.teaching.marking import mark

exercises = __import__(described["module"], None, None, ["*"]).chapter.exercises

posed_before = {}  # by place, each with the seed that it was asked for with last

def posed(place, seed):
    if place not in posed_before or posed_before[place].seed != seed:
        posed_before[place] = exercises[place].pose(seed)
    return posed_before[place]

def pose(seed):
    return json.dumps([posed(place, int(seed)).described() for place in range(len(exercises))])

def check(given):
    place, answer, seed, attempt = json.loads(given)
    verdict = mark(posed(place, seed), answer, attempt)
    return json.dumps({"kind": verdict.kind, "feedback": verdict.feedback, "shown": verdict.shown})
`;

const OWN = `
import json

from llmcalc.checks import Refusal
from llmcalc.choosing import model_named
from llmcalc.messages import message
from llmcalc.models import short

def shorten(text):
    try:
        found = model_named(text)
        return json.dumps({"text": short.written(found), "assumed": found.assumed})
    except Refusal as refusal:
        return json.dumps({"refusal": str(refusal)})
    except (ValueError, ArithmeticError, MemoryError, RuntimeError) as error:
        return json.dumps({"refusal": message(${UNREAD}, reason=str(error or type(error).__name__))})
`;

const DRILL = `
import json
import sys
sys.path.append(".")

from llmcalc import datasets
from llmcalc.messages import use

with open("drill.json") as file:
    described = json.load(file)
use(described["texts"])
datasets.read_from("data")
from llmcalc.teaching import drill, marking

drawn = []

def draw(seed):
    global drawn
    drawn = drill.draw(described["names"], int(seed))
    return json.dumps([dict(posed.described(), wanted=marking.wanted(posed.exercise)) for posed in drawn])

def judge(given):
    place, text = json.loads(given)
    return json.dumps(drill.judge(drawn[place], text))
`;

/** Begin to load MicroPython. */
export function load() {
  return loadMicroPython({ heapsize: 16 << 20, stdout: () => {}, stderr: () => {} });
}

/** Give a chapter to MicroPython; return what calculates its results, and the curves of the last ones. */
export function prepare(python, model) {
  writeModules(python, model.modules);
  writeTables(python, model.data);
  const { parameters, curves } = model;
  python.FS.writeFile("page.json", JSON.stringify({ function: model.function, parameters, curves, texts: catalogue() }));
  python.runPython(PROGRAM);
  const given = (texts) => JSON.stringify(parameters.map(({ name, default: text }) => [name, texts[name] ?? text]));
  const names = ["calculate", "calculate_first", "draw", "along", "go_on", "moves"];
  const [calculate, calculateFirst, draw, along, goOn, moves] = names.map((name) => python.globals.get(name));
  return {
    given,
    calculate: (texts) => JSON.parse(calculate(given(texts))),
    calculateFirst: (texts) => calculateFirst(given(texts)),
    draw: () => JSON.parse(draw()),
    along: (asked) => JSON.parse(along(JSON.stringify(asked))),
    goOn: (points) => JSON.parse(goOn(String(points))),
    moves: (result) => JSON.parse(moves(result)),
  };
}

/** Give what writes answers down to MicroPython; return what writes that of some texts, or null if they have none. */
export function prepareTaking(python, { modules, ...model }) {
  writeModules(python, modules);
  python.FS.writeFile("take.json", JSON.stringify(model));
  python.runPython(TAKE);
  const take = python.globals.get("take");
  return (given) => JSON.parse(take(JSON.stringify(given)));
}

/** Give what compares answers to MicroPython; return what tries a scenario, and what compares two, a step at a time. */
export function prepareScenarios(python, modules) {
  writeModules(python, modules);
  python.runPython(SCENARIOS);
  const names = ["weigh", "begin_comparing", "go_on_comparing"];
  const [weigh, begin, goOn] = names.map((name) => python.globals.get(name));
  return {
    weigh: (given) => JSON.parse(weigh(given)),
    begin: (given) => JSON.parse(begin(`[${given.join()}]`)),
    goOn: (given) => JSON.parse(goOn(JSON.stringify(given))),
  };
}

/** Give a chapter's exercises to MicroPython; return what poses them for a seed, and what checks an answer. */
export function prepareExercises(python, { modules, data, ...model }) {
  writeModules(python, modules);
  writeTables(python, data);
  python.FS.writeFile("exercises.json", JSON.stringify(model));
  python.runPython(EXERCISES);
  const [pose, check] = ["pose", "check"].map((name) => python.globals.get(name));
  return {
    pose: (seed) => JSON.parse(pose(String(seed))),
    check: ({ place, answer, seed, attempt }) => JSON.parse(check(JSON.stringify([place, answer, seed, attempt]))),
  };
}

/** Make a short text of a model's file, with what it leaves open, or say why it is none. */
export function shortenModel(python, { modules, text }) {
  writeModules(python, modules);
  python.runPython(OWN);
  return JSON.parse(python.globals.get("shorten")(text));
}

/** Give all chapters' exercises to MicroPython; return what draws ten questions by a seed, and what judges an estimate. */
export function prepareDrill(python, { modules, data, ...model }) {
  writeModules(python, modules);
  writeTables(python, data);
  python.FS.writeFile("drill.json", JSON.stringify({ ...model, texts: catalogue() }));
  python.runPython(DRILL);
  const [draw, judge] = ["draw", "judge"].map((name) => python.globals.get(name));
  return {
    draw: (seed) => JSON.parse(draw(String(seed))),
    judge: ({ place, text }) => JSON.parse(judge(JSON.stringify([place, text]))),
  };
}

function writeModules(python, modules) {
  // A package is a folder with an __init__.py; a module stands in the folder of its package.
  const packages = new Set();
  for (const [name, source] of Object.entries(modules)) {
    const parts = name.split(".");
    for (let depth = 1; depth < parts.length; depth += 1) packages.add(parts.slice(0, depth).join("/"));
    for (const folder of [...packages].filter((path) => !python.FS.analyzePath(path).exists)) {
      python.FS.mkdir(folder);
      python.FS.writeFile(`${folder}/__init__.py`, "");
    }
    python.FS.writeFile(`${parts.join("/")}.py`, source);
  }
}

// A table is read once it is asked for: most answers need few of theirs.
function writeTables(python, tables) {
  if (!python.FS.analyzePath("data").exists) python.FS.mkdir("data");
  for (const [name, table] of Object.entries(tables)) python.FS.writeFile(`data/${name}.json`, JSON.stringify(table));
}
