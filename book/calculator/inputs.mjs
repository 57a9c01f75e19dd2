// A parameter's input: what may stand in its field, and where its slider stands.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;
const STEPS = 1000;

/** Say what is wrong with a text, or return an empty one. */
export function problem(parameter, text) {
  return holds(parameter, text) ? "" : `${parameter.name} = '${text}' is not accepted: give ${parameter.expected}`;
}

function holds(parameter, text) {
  if (parameter.choices) return parameter.choices.includes(text);
  if (parameter.type === "bool") return text === "true" || text === "false";
  const value = Number(text);
  if (!(parameter.type === "int" ? WHOLE : NUMBER).test(text) || !Number.isFinite(value)) return false;
  const [low, high, above, below] = parameter.limits;
  return (above ? value > low : value >= low) && (below ? value < high : value <= high);
}

/** Whether two texts of a parameter mean the same value. */
export function same(parameter, one, other) {
  return one === other || ("low" in parameter && Number(one) === Number(other));
}

/** Value at a slider's position, in few digits. */
export function valueAt(parameter, position) {
  const { low, high, scale } = parameter;
  const share = position / STEPS;
  if (share <= 0) return written(parameter, low);
  if (share >= 1) return written(parameter, high);
  const value =
    scale === "log" ? low * (high / low) ** share : low + (high - low) * (scale === "power" ? share ** 4 : share);
  const rounded = parameter.type === "int" ? Math.round(value) : value;
  const short = Number(rounded.toPrecision(3));
  return written(parameter, Math.min(high, Math.max(low, short)));
}

/** A slider's position for a value. */
export function positionOf(parameter, text) {
  const { low, high, scale } = parameter;
  const value = Math.min(high, Math.max(low, Number(text)));
  const share = scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(STEPS * (scale === "power" ? share ** 0.25 : share));
}

function written({ type }, value) {
  const size = Math.abs(value);
  if (type === "int" || size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace("e+", "e");
}
