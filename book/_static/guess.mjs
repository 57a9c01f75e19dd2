// Predict first: the cells below a question wait until a reader has committed to a guess on a logarithmic scale.
import { message as _ } from "./messages.mjs";

const STEPS = 50; // of the slider for a power of ten
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const WORDS = [
  [0.05, _("Spot on.")],
  [0.15, _("Very near.")],
  [0.31, _("Within a factor of two.")],
  [1, _("Within an order of magnitude.")],
];

/** A number for people, to some digits. */
function written(value, digits) {
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  if (power >= -4 && power < 9) {
    // The browser's own way loads tables of all languages, for which the page would stand still.
    const [whole, ...decimals] = String(Number(value.toPrecision(digits))).split(".");
    return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...decimals].join(".");
  }
  const exponent = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `${Number(mantissa)} × 10${power < 0 ? "⁻" : ""}${exponent}`;
}

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The cells from a question to the next figure, itself included. */
function waitingFor(box) {
  const cells = [];
  let next = (box.closest(".cell") ?? box).nextElementSibling;
  while (next) {
    if (next.matches(".cell")) cells.push(next);
    if (next.querySelector("figure")) return cells;
    next = next.nextElementSibling;
  }
  return [];
}

function start(box, place) {
  const cells = waitingFor(box);
  const { text, one, many } = box.dataset;
  const [value, low, high] = ["value", "low", "high"].map((name) => Number(box.dataset[name]));
  const withUnit = (number) => `${written(number, 2)} ${written(number, 2) === "1" ? one : many}`.trim();

  const slider = make("input", {
    type: "range",
    id: `guess-${place + 1}`,
    min: low,
    max: high,
    step: 1 / STEPS,
    value: (low + high) / 2,
  });
  const shown = make("output", { className: "guess-shown", htmlFor: slider.id });
  const tell = () => {
    shown.textContent = withUnit(10 ** slider.value);
    slider.setAttribute("aria-valuetext", shown.textContent);
  };
  slider.addEventListener("input", tell);
  tell();
  const ends = make(
    "div",
    { className: "guess-ends", ariaHidden: "true" },
    make("span", { textContent: written(10 ** low, 1) }),
    make("span", { textContent: written(10 ** high, 1) }),
  );
  const result = make("p", { className: "guess-result" });
  result.setAttribute("role", "status");
  const skip = make("button", { type: "button", textContent: _("Show it without a guess") });
  const form = make(
    "form",
    { className: "guess-form" },
    make("label", { htmlFor: slider.id, textContent: _("Your guess: ") }, shown),
    slider,
    ends,
    make("p", { className: "guess-note", textContent: _("What follows shows once you have guessed.") }),
    make("div", { className: "guess-buttons" }, make("button", { type: "submit", textContent: _("This is my guess") }), skip),
  );

  const fold = box.querySelector("details");
  fold.hidden = true;
  const show = () => {
    fold.hidden = false;
    for (const cell of cells) cell.classList.remove("guess-waits");
    form.remove();
    fold.open = true;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const exponent = Number(slider.value);
    const off = Math.abs(exponent - Math.log10(value));
    const [, words] = WORDS.find(([within]) => off <= within) ?? [0, _("More than an order of magnitude off.")];
    const far = { factor: written(10 ** off, 2), orders: written(off, 1) };
    const small = 10 ** exponent < value;
    let how = "";
    if (off >= 0.01 && small) how = _("Your guess is too small by a factor of {factor}, {orders} orders of magnitude.", far);
    else if (off >= 0.01) how = _("Your guess is too large by a factor of {factor}, {orders} orders of magnitude.", far);
    show();
    fold.before(scale(exponent));
    fold.remove();
    const told = _("You guessed {guess}; it is {answer}.", { guess: withUnit(10 ** exponent), answer: text });
    result.textContent = `${words} ${told} ${how}`.trim();
    focus(result);
  });
  skip.addEventListener("click", () => {
    show();
    focus(fold.querySelector("summary"));
  });

  /** A line on which the guess and the answer lie, for those who see it; the result says the same. */
  function scale(exponent) {
    const at = (power) => `${(100 * (power - low)) / (high - low)}%`;
    const marks = [
      [exponent, "guess"],
      [Math.log10(value), "answer"],
    ].map(([power, name]) => {
      const mark = make("span", { className: `guess-mark guess-mark-${name}` });
      mark.style.left = at(power);
      return mark;
    });
    const words = [_("○ your guess"), _("● the answer")].map((textContent) => make("span", { textContent }));
    const legend = make("div", { className: "guess-legend" }, ...words);
    const line = make("div", { className: "guess-line" }, ...marks);
    return make("div", { className: "guess-scale", ariaHidden: "true" }, line, ends, legend);
  }

  fold.before(form);
  box.append(result);
  // Who came for something there, by a link, is not asked.
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && cells.some((cell) => cell.contains(target))) show();
  else for (const cell of cells) cell.classList.add("guess-waits");
  addEventListener("hashchange", () => {
    const other = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (other && cells.some((cell) => cell.contains(other))) {
      show();
      other.scrollIntoView();
    }
  });
}

/** The keyboard goes on from what has changed, as what it pressed is gone. */
function focus(element) {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus();
}

for (const [place, box] of [...document.querySelectorAll(".guess")].entries()) start(box, place);
