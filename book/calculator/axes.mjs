// Ticks of axes, in a page's plots and in pictures that are taken along.

/** How ticks are written. */
export const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** Ticks of a logarithmic axis, at most so many: powers of ten, and where there is room others between them. */
export function powers(low, high, most) {
  const found = [[1, 2, 5], [1, 3], [1]].map((steps) => times(low, high, steps)).find(({ length }) => length <= most);
  const all = found ?? times(low, high, [1]);
  const apart = Math.ceil(all.length / most); // on long axes not all powers
  return all.filter((_, place) => place % apart === 0);
}

function times(low, high, steps) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
    found.push(...steps.map((step) => step * 10 ** power));
  }
  return found.filter((tick) => tick >= low && tick <= high);
}

/** Ticks of an even axis, about so many. */
export function even(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const found = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high * (1 + 1e-9); place += 1) found.push(place * step + 0); // and never -0
  return found;
}
