"""Sphinx extension of the book: pages load what they use, and nothing from other hosts."""

import html
import json
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from bookbuild import edition, messages
from bookbuild.calculator import calculators, drill, exercises, verbs
from bookbuild.site import citing, downloads, figures, fonts, pages, pdf, programs, stylesheets
from bookbuild.site.answer_first import AnswerFirst
from bookbuild.site.documents import LinkLines
from bookbuild.site.jupyter_book import finished
from bookbuild.site.remembered import Remembered
from llmcalc.messages import message

UNIT_ONE = re.compile(r"(?<=[\w)`]) \[1\](?=[\s.,;:)]|$)")
PLURALS = re.compile(r'"plural_expr": "([^"]*)"')
MADE_FUNCTION = re.compile(r'new Function\(\s*"n",\s*`return \(\$\{catalog\.plural_expr\}\)`,?\s*\)')
# A page's place for a filter of all its rows, or a table with a filter of its own.
FILTERED = re.compile(r'class="row-filter"|<table [^>]*\bfiltered\b')


def drop_unused_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Leave out the scripts and style sheets of live kernels, which the book does not have."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if "thebe" not in str(file)]


def add_calculator(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a chapter's calculator beside its headline table; no other page loads any of it."""
    name = pagename.removeprefix("notebooks/")
    data = calculators.find(Path(app.srcdir), name) if pagename == f"notebooks/{name}" else None
    if data is None:
        return
    address = f"../calculator/{data.parent.name}"
    model = json.loads(data.read_text(encoding="utf-8"))
    context["body"] = calculators.place(context["body"], address, model)
    context["metatags"] = context.get("metatags", "") + calculators.preloads(address, model)
    app.add_css_file(f"{address}/calculator.css")
    app.add_css_file(f"{address}/uplot.css")
    if model["curves"]:
        app.add_css_file(f"{address}/planner.css")
    attributes: dict[str, Any] = {"type": "module", "async": "async", "data-calculator": name}
    app.add_js_file(f"{address}/page.mjs", **attributes)
    if name in exercises.names():
        app.add_css_file(f"{address}/exercises.css")
        # At the end of the page: it runs when all of that has been read.
        app.add_js_file(f"{address}/exercises.mjs", type="module")


def add_verbs(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the form of verbs into the page that has a place for it, if what it asks was staged."""
    file = next((Path(app.srcdir) / "extra" / "calculator").glob(f"*/{verbs.FILE}"), None)
    if file is None or verbs.PLACE not in context.get("body", ""):
        return
    listed = json.loads(file.read_text(encoding="utf-8"))["verbs"]
    context["body"] = verbs.place(context["body"], f"calculator/{file.parent.name}", listed)
    address = f"../calculator/{file.parent.name}"  # from the folder of styles and scripts
    for style in ("calculator.css", "verbs.css", "uplot.css"):
        app.add_css_file(f"{address}/{style}")
    app.add_js_file(f"{address}/verbs.mjs", type="module")


def know_texts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the book's own templates take their texts from its catalogue; `_` in them is the theme's."""
    context["message"] = message


def add_exercises(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put exercises at the end of their chapter."""
    if "practice-place" in context.get("body", ""):
        context["body"] = exercises.place(context["body"])


def add_drill(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the estimation drill into its page, and let it run where it is a page of its own."""
    if drill.PLACE not in context.get("body", ""):
        return
    context["body"] = drill.place(context["body"])
    staged = next((Path(app.srcdir) / "extra" / "calculator").glob(f"*/{drill.FILE}"), None)
    if staged is not None and app.builder.name == "html":
        app.add_css_file(f"../calculator/{staged.parent.name}/drill.css")
        app.add_js_file(f"../calculator/{staged.parent.name}/drill.mjs", type="module")


def add_guesses(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Let a page that asks to predict first do so; the print of the whole book shows its figures at once."""
    if '<div class="guess"' in context.get("body", "") and app.builder.name == "html":
        app.add_js_file("guess.mjs", type="module")


def offer_figures(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Offer the files of each figure below its caption; in the print of the whole book links would lead nowhere."""
    folder = Path(app.srcdir) / "extra" / figures.FOLDER
    if "<figcaption>" in context.get("body", "") and app.builder.name == "html" and folder.is_dir():
        context["body"] = figures.place(context["body"], folder, context["pathto"](figures.FOLDER, 1))


def write_messages(app: Sphinx, exception: Exception | None) -> None:
    """Give an edition that is not English the texts of its scripts, beside the script that looks for them."""
    language = app.config.language
    if exception is None and app.builder.name == "html" and not edition.is_english(language):
        texts = messages.of_edition(language)
        path = Path(app.outdir) / "_static" / "messages.json"
        path.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")


def add_filters(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Let readers filter the rows of a page that has many; the print of the whole book has all of them."""
    if FILTERED.search(context.get("body", "")) and app.builder.name == "html":
        app.add_js_file("filter.mjs", type="module")


def describe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Give every page a description, its first sentences, for those who list pages."""
    text = message("Search the chapters, the formulas and the glossary of the book.")
    if doctree is not None:
        paragraphs = (node for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section))
        text = next((" ".join(node.astext().split()) for node in paragraphs), context.get("title", ""))
    content = html.escape(textwrap.shorten(text, 160, placeholder=" …"))
    context["metatags"] = f'{context.get("metatags", "")}\n    <meta name="description" content="{content}" />'


def tell_reference_managers(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Say in the head of a page what it is called, who wrote it, and when; a reader's rerun is no page of the book."""
    if doctree is not None and (Path(app.srcdir) / "extra" / programs.LIST).exists():
        tags = citing.metatags(context["title"], f"{pagename}.html", pagename == app.config.root_doc)
        context["metatags"] = context.get("metatags", "") + tags


def offer_downloads(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Set the buttons above an article: a chapter's notebook, and the print and the repository of the book, if any."""
    buttons = []
    if pagename.startswith("notebooks/"):
        address = f"{context['pathto']('_sources', 1)}/{pagename}.ipynb"
        tip = message("Download this chapter for Jupyter")
        buttons.append(_button(address, message("Notebook"), tip, "fas fa-download", "download-notebook"))
        if address := citing.in_colab(f"_sources/{pagename}.ipynb"):
            buttons.append(_button(address, "Colab", message("Open this chapter in Colab"), "fas fa-cloud", "colab"))
    # The two prints are made together; that for teachers when its pages are there.
    for_teachers = pagename in pdf.FOR_TEACHERS
    if (Path(app.confdir) / "extra" / pdf.NAME).exists():
        address = context["pathto"](pdf.TEACHERS_NAME if for_teachers else pdf.NAME, 1)
        whole = message("Download the whole book as PDF")
        tip = message("Download the pages for teachers as PDF") if for_teachers else whole
        buttons.append(_button(address, "PDF", tip, "fas fa-file-pdf", "download-pdf"))
    if address := citing.repository():
        tip = message("The repository of this book")
        buttons.append(_button(address, message("Source"), tip, "fas fa-code-branch", "repository"))
    context["header_buttons"] = buttons


def _button(address: str, text: str, tooltip: str, icon: str, label: str) -> dict[str, str]:
    return {"type": "link", "url": address, "text": text, "tooltip": tooltip, "icon": icon, "label": f"{label}-button"}


def write_all_nodes_on_one_page(app: Sphinx) -> None:
    """Let the builder of one long page write what the builder of many can.

    Sphinx forgets the writers for HTML as soon as one extension has some for `singlehtml` alone.
    """
    writers = app.registry.translation_handlers
    writers["singlehtml"] = writers.get("html", {}) | writers.get("singlehtml", {})


def copy_what_is_written(app: Sphinx, exception: Exception | None) -> None:
    """Copy what Sphinx wrote to where it is finished: a later build goes on from what Sphinx knows."""
    if exception is None:
        shutil.rmtree(finished(Path(app.outdir)), ignore_errors=True)
        shutil.copytree(app.outdir, finished(Path(app.outdir)))


def finish_pages(app: Sphinx, exception: Exception | None) -> None:
    """Set finished pages right, and leave out files that no page uses."""
    if exception or app.builder.format != "html":
        return
    output = finished(Path(app.outdir))
    remembered = Remembered(output)
    (output / ".buildinfo").unlink(missing_ok=True)
    for page in output.rglob("*.html"):
        if "_static" in page.parts:
            page.unlink()  # templates of the theme
        else:
            page.write_text(pages.finish(page.read_text(encoding="utf-8")), encoding="utf-8")
    for script in output.glob("_static/vendor/fontawesome/*/js/*"):
        script.unlink()
    for icons in output.glob("_static/vendor/fontawesome/*"):
        others = (path for path in output.rglob("*") if path.suffix in (".html", ".js", ".mjs", ".css"))
        texts = (path.read_text(encoding="utf-8") for path in others if icons not in path.parents)
        fonts.reduce_icons(icons, texts, remembered)
    for wheel in output.glob("llmcalc-*.whl"):
        for notebook in output.glob("_sources/notebooks/*.ipynb"):
            source = notebook.read_text(encoding="utf-8")
            portable = remembered.made(downloads.as_portable, source, wheel.name)
            notebook.write_text(portable, encoding="utf-8")
    allow_plurals(output / "_static")
    # What the theme's scripts tell the console on every page would hide what matters there.
    for name in ("togglebutton.js", "scripts/pydata-sphinx-theme.js"):
        script = output / "_static" / name
        if script.exists():
            silent = script.read_text(encoding="utf-8").replace("console.log(", "void(")
            script.write_text(silent, encoding="utf-8")
    stylesheets.bundle(output, remembered)


def allow_plurals(scripts: Path) -> None:
    """Let Sphinx's script know which plurals a language has without making a function of a text, which pages forbid."""
    translations = scripts / "translations.js"  # of languages other than English
    if translations.exists():
        [expression] = PLURALS.findall(translations.read_text(encoding="utf-8"))
        made = MADE_FUNCTION.sub(f"(n) => ({expression})", (scripts / "doctools.js").read_text(encoding="utf-8"))
        (scripts / "doctools.js").write_text(made, encoding="utf-8")


def leave_out_the_unit_one(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Show pure numbers without the bracket that the docstrings of formulas give every argument for its unit."""
    lines[:] = [UNIT_ONE.sub("", line) for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(AnswerFirst)
    app.add_transform(LinkLines)
    app.connect("builder-inited", write_all_nodes_on_one_page)
    app.connect("autodoc-process-docstring", leave_out_the_unit_one)
    app.connect("html-page-context", know_texts)
    app.connect("html-page-context", add_calculator)
    app.connect("html-page-context", add_verbs)
    app.connect("html-page-context", add_exercises)
    app.connect("html-page-context", add_drill)
    app.connect("html-page-context", add_guesses)
    app.connect("html-page-context", add_filters)
    app.connect("html-page-context", offer_figures)
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    app.connect("html-page-context", describe, priority=900)
    app.connect("html-page-context", tell_reference_managers, priority=900)
    app.connect("html-page-context", offer_downloads, priority=900)
    # Other extensions write their files first; formulas are set in between.
    app.connect("build-finished", write_messages, priority=890)
    app.connect("build-finished", copy_what_is_written, priority=900)
    app.connect("build-finished", finish_pages, priority=920)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
