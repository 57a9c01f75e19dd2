// What style.css says, for scripts that draw.

/** A colour or a size, by its name in style.css, as it is in the theme of now. */
export function styled(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Letters of a step of style.css' scale, so many pixels a px, as a canvas wants to be told. */
export function letters(step, weight = "normal", scale = 1) {
  return `${weight} ${scale * pixels(step)}px system-ui, sans-serif`;
}

/** Height of letters of a step, in whole px: what draws curves reads no others. */
export function pixels(step) {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.round(rem * Number.parseFloat(styled(`size-${step}`)));
}
