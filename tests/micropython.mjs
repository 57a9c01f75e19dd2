// Runs llmcalc's formula modules in MicroPython: reads {modules, calls} on standard input, writes the results.
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { modules, calls } = JSON.parse(Buffer.concat(chunks).toString("utf8"));

const lines = [];
const python = await loadMicroPython({ stdout: (line) => lines.push(line), linebuffer: true, heapsize: 8 << 20 });
for (const [path, source] of Object.entries(modules)) {
  const folders = path.split("/").slice(0, -1);
  folders.forEach((_, depth) => {
    const folder = folders.slice(0, depth + 1).join("/");
    if (python.FS.analyzePath(folder).exists) return;
    python.FS.mkdir(folder);
    python.FS.writeFile(`${folder}/__init__.py`, "");
  });
  python.FS.writeFile(path, source);
}
python.runPython("import json\nimport sys\nsys.path.append('.')");
for (const { module, name, keywords, statements } of calls) {
  if (statements) {
    python.runPython(statements);
    continue;
  }
  python.runPython(`
from llmcalc.formulas import ${module}
try:
    print("%.17g" % ${module}.${name}(**json.loads(${JSON.stringify(JSON.stringify(keywords))})))
except ValueError as error:
    print("ValueError: " + str(error))
`);
}
process.stdout.write(JSON.stringify(lines));
