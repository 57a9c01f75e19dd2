// Poses and checks exercises as a page's worker does: reads {model, seeds, answers} on standard input, writes what comes.
import { load, prepareExercises } from "./python.mjs";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { model, seeds, answers } = JSON.parse(Buffer.concat(chunks).toString("utf8"));

const python = await load();
python.runPython("import sys\nsys.path.append('.')");
const exercises = prepareExercises(python, model);
const posed = seeds.map((seed) => exercises.pose(seed));
const verdicts = answers.map(([place, answer, seed, attempt]) => exercises.check({ place, answer, seed, attempt }));
process.stdout.write(JSON.stringify({ posed, verdicts }));
