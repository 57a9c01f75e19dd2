// What leaves the page: files that are downloaded, and texts that are copied.

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
    button.textContent = "Copied";
  } catch {
    button.textContent = "Your browser does not let pages copy";
  }
  setTimeout(() => (button.textContent = label), 1500);
}
