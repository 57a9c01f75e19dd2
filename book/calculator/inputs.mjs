// A parameter's input: its text as a number, and where its slider stands.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const STEPS = 1000;

/** A text as a plain number, if people wrote it in another way. */
export function plain(parameter, text, value) {
  return !("low" in parameter) || NUMBER.test(text) ? text : written(parameter, value);
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
  const value = Math.min(high, Math.max(low, Number(text) || low));
  const share = scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(STEPS * (scale === "power" ? share ** 0.25 : share));
}

function written({ type }, value) {
  const size = Math.abs(value);
  if (type === "int" || size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace("e+", "e");
}
