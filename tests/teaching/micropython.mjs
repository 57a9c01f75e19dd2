// Poses and checks exercises as pages' workers do: reads a list of {model, seeds, answers} on standard input, writes what
// comes of each.
import { load, prepareExercises } from "./python.mjs";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);

const found = [];
for (const { model, seeds, answers } of JSON.parse(Buffer.concat(chunks).toString("utf8"))) {
  const python = await load();
  python.runPython("import sys\nsys.path.append('.')");
  const exercises = prepareExercises(python, model);
  const posed = seeds.map((seed) => exercises.pose(seed));
  const verdicts = answers.map(([place, answer, seed, attempt]) => exercises.check({ place, answer, seed, attempt }));
  found.push({ posed, verdicts });
}
process.stdout.write(JSON.stringify(found));
