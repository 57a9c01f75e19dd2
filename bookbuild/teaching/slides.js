// Fits what every slide shows into it, and starts reveal.js. A classic script, since slides are opened from folders, too.
(() => {
  const WIDTH = 1280;
  const HEIGHT = 720;
  const SIZES = [1.4, 1.25, 1.12, 1, 0.92, 0.85, 0.78, 0.72, 0.66];
  const SMALLEST_OF_CUT = 0.72; // a table that is cut anyway needn't be small
  const printing = new URLSearchParams(location.search).has("print-pdf");

  const tooHigh = (body) => body.scrollHeight > body.clientHeight + 1;
  const tooWide = (body) => body.scrollWidth > body.clientWidth + 1;

  function cut(body, size) {
    const rows = [...body.querySelectorAll("table:not(.mistakes) tbody tr")];
    const table = rows[0]?.closest("table");
    if (!table) return;
    const rest = document.createElement("p");
    rest.className = "rest";
    table.after(rest);
    body.style.setProperty("--fit", size);
    let left = 0;
    while (rows.length - left > 1 && tooHigh(body)) {
      left += 1;
      rows[rows.length - left].hidden = true;
      const { row, rows: many } = document.querySelector(".reveal").dataset;
      rest.textContent = left === 1 ? row : many.replace("{n}", left);
    }
    for (const row of rows) if (row.hidden) row.remove();
  }

  function fit(slide) {
    const body = slide.querySelector(".body");
    body.style.setProperty("--fit", SIZES.at(-1));
    body.classList.toggle("tight", tooWide(body)); // then columns stand closer
    for (const size of SIZES) {
      body.style.setProperty("--fit", size);
      if (!tooHigh(body) && !tooWide(body)) return;
    }
    const wide = SIZES.find((size) => {
      body.style.setProperty("--fit", size);
      return !tooWide(body);
    });
    cut(body, Math.min(wide ?? SIZES.at(-1), SMALLEST_OF_CUT));
    // What is said on a slide is in its notes as well.
    const points = [...body.querySelectorAll(".point, .outcomes li, .hint, .mistakes tr")];
    while (points.length > 1 && tooHigh(body)) points.pop().remove();
  }

  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => (document.documentElement.dataset.theme = dark.matches ? "dark" : "light"));

  async function start() {
    const slides = document.querySelector(".slides");
    await document.fonts.ready;
    await Promise.allSettled([...document.images].map((image) => image.decode()));
    document.documentElement.classList.add("fitting");
    for (const slide of slides.children) fit(slide);
    document.documentElement.classList.remove("fitting");
    const deck = new Reveal({
      width: WIDTH,
      height: HEIGHT,
      margin: 0,
      center: false,
      hash: true,
      controls: !printing,
      progress: !printing,
      slideNumber: "c/t",
      transition: "none",
      backgroundTransition: "none",
      scrollLayout: "compact", // on a phone
      pdfSeparateFragments: false,
      pdfMaxPagesPerSlide: 1,
      plugins: [RevealNotes],
    });
    const printed = new Promise((done) => deck.on("pdf-ready", done));
    await deck.initialize();
    if (printing) await printed;
    document.documentElement.dataset.ready = String(deck.getTotalSlides());
  }

  start();
})();
