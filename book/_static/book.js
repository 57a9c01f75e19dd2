// Tables and formulas that are wider than the screen scroll in a box of their own: a box that does scroll
// can be reached by keyboard and has a name, and one that doesn't is no stop on the way.
(() => {
  // English needs no catalogue, and a page from a folder can load none.
  const inEnglish = (text, { heading }) => text.replace("{heading}", heading);
  const texts = async () => (document.documentElement.lang.startsWith("en") ? inEnglish : (await import("./messages.mjs")).message);
  const BOXES = ".cell_output, .output, .pst-scrollable-table-container, .highlight pre, div.math mjx-container";

  const name = (box, _) => {
    const caption = box.querySelector("caption");
    const headings = [...document.querySelectorAll("article h1, article h2, article h3")].filter(
      (heading) => heading.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    const heading = headings.at(-1)?.firstChild?.textContent ?? document.title;
    return caption ? caption.textContent.trim() : _("Below “{heading}”, scrolls sideways", { heading: heading.trim() });
  };

  const mark = async () => {
    const boxes = [...document.querySelectorAll(BOXES)];
    // All are measured before any is changed, so that the browser lays the page out once.
    const wide = boxes.map((box) => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX !== "visible");
    const message = await texts();
    for (const [position, box] of boxes.entries()) {
      const scrolls = wide[position];
      if (scrolls && (box.tabIndex < 0 || !box.hasAttribute("role"))) {
        box.tabIndex = 0;
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", name(box, message));
      } else if (!scrolls && box.getAttribute("role") === "region") {
        for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute);
      }
    }
  };

  const start = () => {
    // What has just been laid out is shown first.
    new ResizeObserver(() => setTimeout(mark)).observe(document.body);
    document.addEventListener("toggle", mark, true);
    window.addEventListener("load", () => document.fonts.ready.then(mark));
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", start) : start();
})();
