// What leaves the page: files that are downloaded, texts that are copied, and pictures.
import { message as _ } from "../_static/messages.mjs";

/** Download a text, or a Blob, as a file. */
export function download(name, contents, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([contents], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Copy a text; the button that asks for it says whether that went well. */
export async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = _("Copied");
  } catch {
    button.textContent = _("Your browser does not let pages copy");
  }
  setTimeout(() => (button.textContent = label), 1500);
}

/** A fold that offers a picture, once it is opened, as files; `current` returns what is to be drawn. */
export function takeable(current) {
  const fold = document.createElement("details");
  fold.className = "calculator-more calculator-picture";
  fold.append(Object.assign(document.createElement("summary"), { textContent: _("Take this picture with you") }));
  fold.addEventListener("toggle", async () => {
    const { offer } = await import("./picture.mjs");
    offer(fold, current);
  }, { once: true });
  return fold;
}
