// A parameter's input: whether two texts mean the same, and where its slider stands.
import { message as _ } from "../_static/messages.mjs";

const STEPS = 1000;
const SCALES = { T: 1e12, B: 1e9, M: 1e6 };
const ABBREVIATED = /^\s*([\d.]+)\s*([MBT])\s*$/;

/** Number that a text means, as far as a slider need know: 175B, but not a fraction or a unit. */
export function numberOf(text) {
  const found = ABBREVIATED.exec(text);
  return found ? Number(found[1]) * SCALES[found[2]] : Number(text);
}

/** Whether two texts of a parameter mean the same value. */
export function same(parameter, one, other) {
  return one === other || ("low" in parameter && numberOf(one) === numberOf(other));
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
  const value = Math.min(high, Math.max(low, numberOf(text)));
  const share = scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.round(STEPS * (scale === "power" ? share ** 0.25 : share));
}

function written({ type, bytes }, value) {
  const size = Math.abs(value);
  if (type === "int" || size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  for (const [letter, scale] of bytes ? [] : Object.entries(SCALES)) { // 3B may be three bytes
    const short = Number((value / scale).toPrecision(4));
    if (short >= 1 && short < 1e3 && short * scale === value) return `${short}${letter}`;
  }
  return value.toExponential().replace("e+", "e");
}

/** How a text reads in a menu or a table: a choice in the edition's language, of a model or a device of somebody's own the name. */
export function titleOf(text) {
  if (!text.startsWith("{")) return _(text);
  const unnamed = _("custom");
  try {
    return _("your own: {name}", { name: JSON.parse(text).name || unnamed });
  } catch {
    return _("your own");
  }
}

/** Choose a text in a menu, which gets one more option where it has none for it. */
export function choose(menu, text) {
  let option = [...menu.options].find(({ value }) => value === text);
  if (!option) {
    for (const other of menu.querySelectorAll("[data-added]")) other.remove();
    option = new Option(titleOf(text), text);
    option.dataset.added = "";
    menu.prepend(option);
  }
  menu.value = text;
}
