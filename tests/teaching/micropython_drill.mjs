// Draws and judges as the drill's worker does: reads {model, seed, texts} on standard input, writes what comes.
import { load, prepareDrill } from "./python.mjs";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { model, seeds, texts } = JSON.parse(Buffer.concat(chunks).toString("utf8"));

const drill = prepareDrill(await load(), model);
const drawn = seeds.map((seed) => {
  const questions = drill.draw(seed);
  return { questions, judged: questions.map((_, place) => texts.map((text) => drill.judge({ place, text }))) };
});
process.stdout.write(JSON.stringify(drawn));
