// The answer in a sentence: what it says, what kind of answer it is, and whether it is old.

/** Say an answer: it may be good, late or unfit. */
export function tell(element, { sentence, kind }) {
  element.textContent = sentence;
  element.dataset.kind = kind;
  settled(element, false);
}

/** Let a sentence look old while a new one is worked out. */
export function waiting(element) {
  element.setAttribute("aria-busy", "true");
}

/** The waiting is over; where the input was refused, the sentence is the last one that had an answer. */
export function settled(element, refused) {
  element.removeAttribute("aria-busy");
  element.classList.toggle("answer-old", refused);
}
