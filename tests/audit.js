// Runs the rules of axe in a page. Most of their time goes into contrasts of text, of which a page has thousands in a few
// looks: of each look, on whichever page it is met first, a few texts are looked at.
window.audit = (() => {
  const CONTRAST = "color-contrast";
  const COLOURS = [CONTRAST, "link-in-text-block"]; // all that tells a dark scheme from a light one
  const ROW = 200; // pixels
  const EACH = 3; // texts of a look, of which something may hide one
  const MARK = "data-looked-at";
  const cached = (make) => {
    const found = new Map();
    return (key) => found.get(key) ?? found.set(key, make(key)).get(key);
  };
  // Two numbers of 26 and 27 bits make one, the same on every page.
  const number = cached((text) => {
    let [first, second] = [0x9e3779b9, 0x85ebca6b];
    for (let place = 0; place < text.length; place += 1) {
      const code = text.charCodeAt(place);
      first = Math.imul(first ^ code, 2654435761);
      second = Math.imul(second ^ code, 1597334677);
    }
    first ^= second >>> 15;
    second ^= first >>> 13;
    return (first >>> 6) * 2 ** 27 + (second >>> 5);
  });
  let last = null; // what was looked at by all rules, and what they found

  /** What rules see of a part of a page besides its colours. */
  function seen(place) {
    const parts = [...place.querySelectorAll("*")].map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return `${x} ${y} ${width} ${height} ${element.checkVisibility({ visibilityProperty: true, opacityProperty: true })}`;
    });
    return [innerWidth, innerHeight, place.innerHTML, ...parts].join("\n");
  }

  /** Texts of a part of a page, a few for each look that is not known, by look. */
  function different(place, known) {
    const painted = paintedByRow();
    const behind = cached(behindOf);
    const stacked = cached(stackedOf);
    const clips = cached(clipsOf);
    const unable = texts(document.querySelectorAll(":disabled[aria-labelledby], [aria-disabled=true][aria-labelledby]"));
    const found = new Map();

    /** What an element and those around it put behind its text, and what style sheets may hang on them. */
    function behindOf(element) {
      if (!element) return 0;
      const { backgroundColor, backgroundImage, opacity, filter, mixBlendMode, clipPath } = getComputedStyle(element);
      const look = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode, clipPath];
      return number([behind(element.parentElement), element.tagName, element.getAttribute("class"), ...look].join());
    }

    /** What decides whether an element stands before or behind another that it touches. */
    function stackedOf(element) {
      if (!element) return 0;
      const { position, zIndex, float, transform, display } = getComputedStyle(element);
      return number([stacked(element.parentElement), position, zIndex, float, transform, display].join());
    }

    /** Boxes that may hide parts of what is in them. */
    function clipsOf(element) {
      if (!element) return [];
      const { overflowX, overflowY } = getComputedStyle(element);
      const around = clips(element.parentElement);
      return overflowX === "visible" && overflowY === "visible" ? around : [...around, element.getBoundingClientRect()];
    }

    function lookOf(element, own) {
      const style = getComputedStyle(element);
      const { color, fontSize, fontWeight, fontFamily, fontStyle, textShadow, webkitTextFillColor, webkitTextStroke } = style;
      const look = [color, fontSize, fontWeight, fontFamily, fontStyle, textShadow, webkitTextFillColor, webkitTextStroke];
      const box = element.getBoundingClientRect();
      const near = touching(element, box, painted);
      // axe doubts a single letter or sign where it refuses a word, and passes over what is out of use.
      const letters = Math.min(2, own.match(/[\p{L}\p{N}]/gu)?.length ?? 0);
      const off = element.closest(":disabled, [aria-disabled=true]") || element.closest("label")?.control?.disabled || unable.has(element);
      const order = near.length ? [...near, stacked(element)] : [];
      const place = [outside(box, clips(element.parentElement)), box.width > 0 && box.height > 0, letters, Boolean(off), element.type];
      return number([behind(element), ...look, ...place, ...order].join());
    }

    for (const element of [place, ...place.querySelectorAll("*")]) {
      const own = [...element.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.data : "")).join(" ").trim();
      if (!own && !element.matches("input, select, textarea")) continue;
      if (!element.checkVisibility()) continue;
      const look = lookOf(element, own);
      if (known.has(look)) continue;
      if (!found.has(look)) found.set(look, []);
      if (found.get(look).length < EACH) found.get(look).push(element);
    }
    return found;
  }

  /** Elements that name others. */
  function texts(elements) {
    const names = [...elements].flatMap((element) => element.getAttribute("aria-labelledby").split(/\s+/));
    return new Set(names.map((name) => document.getElementById(name)));
  }

  /** Elements with a background, by rows of the page. */
  function paintedByRow() {
    const rows = new Map();
    for (const element of document.querySelectorAll("body *")) {
      const { backgroundColor, backgroundImage, position, zIndex, float, opacity } = getComputedStyle(element);
      if (backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none" && !element.matches("img, canvas, svg")) continue;
      const box = element.getBoundingClientRect();
      const look = number([element.tagName, backgroundColor, backgroundImage, position, zIndex, float, opacity].join());
      for (let row = Math.floor(box.top / ROW); row <= box.bottom / ROW; row += 1) {
        if (!rows.has(row)) rows.set(row, []);
        rows.get(row).push({ element, box, look });
      }
    }
    return rows;
  }

  /** Looks of painted elements that are not around a text and touch its box. */
  function touching(element, box, painted) {
    const found = new Set();
    for (let row = Math.floor(box.top / ROW); row <= box.bottom / ROW; row += 1) {
      for (const other of painted.get(row) ?? []) {
        const { left, right, top, bottom } = other.box;
        const apart = left >= box.right || right <= box.left || top >= box.bottom || bottom <= box.top;
        if (!apart && !found.has(other.look) && !other.element.contains(element)) found.add(other.look);
      }
    }
    return [...found].sort();
  }

  function outside({ left, right, top, bottom }, clips) {
    return clips.some((box) => left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1);
  }

  /** Look at a page, or a part of it; return what is broken, and looks that were not known and are right. */
  return async function audit([selector, tags, known]) {
    const place = document.querySelector(selector ?? "body");
    const now = seen(place);
    const again = last?.seen === now;
    const looks = different(place, new Set(known));
    const marked = [...looks.values()].flat();
    for (const element of marked) element.setAttribute(MARK, "");
    axe.configure({ rules: [{ id: CONTRAST, selector: `[${MARK}]` }] });
    const runOnly = again ? { type: "rule", values: COLOURS } : { type: "tag", values: tags };
    const rules = { [CONTRAST]: { enabled: looks.size > 0 } };
    const { violations } = await axe.run(selector ?? document, { runOnly, rules, resultTypes: ["violations"], elementRef: true });
    for (const element of marked) element.removeAttribute(MARK);
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]));
    const wrong = violations.filter(({ id }) => id === CONTRAST).flatMap(({ nodes }) => nodes.map(({ element }) => element));
    if (!again) last = { seen: now, others: found.filter(([id]) => !COLOURS.includes(id)) };
    const right = [...looks].filter(([, elements]) => !elements.some((element) => wrong.includes(element)));
    return [again ? [...last.others, ...found] : found, right.map(([look]) => look)];
  };
})();
null; // and no function, which Playwright would call
