"""A browser that opens the site as a reader does: served on localhost, compressed."""

import functools
import gzip
import http.server
import io
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

CANDIDATES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COMPRESSIBLE = {".html", ".css", ".js", ".mjs", ".svg", ".json", ".csv", ".wasm", ".txt"}


def find_browser() -> str | None:
    """Return the path of a Chromium: the one that BROWSER names, one on the PATH, or Playwright's own."""
    named = os.environ.get("BROWSER")
    for candidate in [named, *CANDIDATES] if named else CANDIDATES:
        if found := shutil.which(candidate):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@functools.cache
def _compressed(path: Path, _changed: int) -> bytes:
    """Return a file as hosts keep it ready, so that no measurement waits for its compression again."""
    return gzip.compress(path.read_bytes(), 6)


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files gzipped, as web hosts do, and says nothing."""

    # Connections stay open, and what is ready is sent at once.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file() or path.suffix not in COMPRESSIBLE:
            return super().send_head()
        body = _compressed(path, path.stat().st_mtime_ns)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            # A browser may leave a page before it has all of it.
            with suppress(ConnectionError):
                self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on localhost and give its address."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def browse() -> Iterator[Any]:
    """Start the browser and give Playwright's handle of it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class FirstPage:
    """What a reader waits for on the first page: time until text shows [s], and all that is loaded [byte]."""

    readable: float
    compressed_bytes: int


def measure_first_page(browser: Any, address: str) -> FirstPage:
    """Open a site's first page with an empty cache and measure it."""
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto(address, wait_until="networkidle")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    context.close()
    return FirstPage(readable=painted / 1000, compressed_bytes=sum(sizes))


def lost(request: Any) -> list[str]:
    """Address of a request that failed, or none if its page was left while it was under way."""
    return [] if request.failure == "net::ERR_ABORTED" else [request.url]


def wait_until(page: Any, expression: str, seconds: float = 30) -> None:
    """Wait until an expression holds in a page; Playwright's own way needs `eval`, which the pages' policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise TimeoutError(f"not true in {seconds} s: {expression}")
        page.wait_for_timeout(20)


@dataclass(frozen=True)
class Calculator:
    """What a calculator costs its page: first result after the page shows, update, curves [s], all it loads [byte]."""

    first_result: float
    update: float
    curves: float
    compressed_bytes: int


# A model with much to work out: latent attention, shared experts, dense first layers.
MIXTURE = "DeepSeek V3"
# Chapters whose answers are searched for among many plans: their updates may take longer than a film’s picture.
SEARCHING = ("planner", "serving-users")

MOVE_SLIDERS = """async () => {
  const planner = document.querySelector(".planner");
  // The curves are drawn once they have come near.
  if (planner) {
    document.querySelector("table.curves").closest("details").scrollIntoView();
    while (!document.querySelector(".planner-plots")) await new Promise((done) => setTimeout(done, 50));
  }
  const measures = ["calculator-update", ...(planner ? ["calculator-curves"] : [])];
  const measured = Object.fromEntries(measures.map((name) => [name, []]));
  const last = (name) => performance.getEntriesByName(name).at(-1)?.duration;
  for (const slider of document.querySelectorAll(".calculator [data-slides]")) {
    slider.value = Number(slider.value) + 20;
    for (const name of measures) performance.clearMeasures(name);
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done, 50));
    for (const name of measures) {
      while (last(name) === undefined) await new Promise((done) => setTimeout(done));
      measured[name].push(last(name));
    }
  }
  const median = (all) => all.sort((one, other) => one - other)[Math.floor(all.length / 2)];
  return measures.map((name) => median(measured[name]));
}"""


def scenarios(calculator: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Scenarios by name in which a calculator is measured: as it starts, and with a mixture if it asks for a model.

    A page comes with the results of its starting values. So a parameter is given in the address, from which the
    calculator works out its first result.
    """
    chapter, parameters = calculator["notebook"], calculator["parameters"]
    found = {chapter: {parameters[0]["name"]: parameters[0]["default"]}}
    if any(parameter["name"] == "model" for parameter in parameters):
        found[f"{chapter}, {MIXTURE}"] = {"model": MIXTURE}
    return found


def measure_calculator(browser: Any, address: str, scenario: dict[str, Any]) -> Calculator:
    """Open a calculator's page with an empty cache, move each slider, and measure; of updates, the median."""
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []

    def finished(request: Any) -> None:
        if "/calculator/" in request.url:
            sizes.append(request.sizes()["responseBodySize"])

    page.on("requestfinished", finished)
    page.goto(f"{address}?{urlencode(scenario)}", wait_until="networkidle")
    wait_until(page, "performance.getEntriesByName('calculator-ready').length")
    ready, painted = page.evaluate(
        "['calculator-ready', 'first-contentful-paint'].map((name) => performance.getEntriesByName(name)[0].startTime)"
    )
    update, *curves = page.evaluate(MOVE_SLIDERS)
    context.close()
    return Calculator((ready - painted) / 1000, update / 1000, sum(curves) / 1000, sum(sizes))
