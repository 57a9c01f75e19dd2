"""Renew the README's pictures of the first page, a chapter and the planner, by the browser, from the built site."""

from bookbuild.browser import browse, serve, wait_until
from bookbuild.notebooks import BUILD, ROOT

PICTURES = ROOT / "book" / "screenshots"
SIZE = {"width": 1280, "height": 960}
# Page, and the element that stands at the top of its picture.
SUBJECTS = {
    "first-page": ("index.html", "h1"),
    "chapter": ("notebooks/training-gpus.html", "#the-answer"),
    "planner": ("notebooks/planner.html", "#your-plan"),
}


def main() -> None:
    with serve(BUILD / "html") as address, browse() as browser:
        for name, (page, top) in SUBJECTS.items():
            tab = browser.new_page(viewport=SIZE)
            tab.goto(address + page, wait_until="networkidle")
            if page != "index.html":
                wait_until(tab, "performance.getEntriesByName('calculator-ready').length")
                tab.locator(top).first.evaluate("element => element.scrollIntoView()")
            tab.wait_for_timeout(500)  # for what moves when a page has been scrolled
            tab.screenshot(path=PICTURES / f"{name}.png")
            tab.close()


if __name__ == "__main__":
    main()
