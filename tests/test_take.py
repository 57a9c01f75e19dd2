"""What a page hands out: the same bytes as the command, and texts that repeat the answer where they are run."""

import contextlib
import io
import json
import random
import re
import shlex
from urllib.parse import urlencode

import pytest

from bookbuild import browser as browsing
from bookbuild import notebooks
from bookbuild.notebooks import BUILD
from bookbuild.run import parameters, rerun
from llmcalc import cli
from llmcalc.checks import Refusal
from llmcalc.choosing import model_named
from llmcalc.models import short
from llmcalc.questions import questions
from tests.axe import violations
from tests.test_calculators import defaults, model, open_page, random_text, values_of
from tests.watching import in_a_browser, watched

SITE = BUILD / "html"
NAMES = [name for name in notebooks.names() if name in questions()]
TEXTS = ("command", "program", "link", "citation", "bibtex", "rerun", "papermill")
SETTINGS = 5

pytestmark = in_a_browser

# Has the worker write answers down as the section does, one after another.
WRITE = """async (settings) => {
  const page = document.querySelector("script[data-calculator]").src;
  const { ask, model } = await import(new URL("./calculation.mjs", page));
  const names = model.results.map(({ name }) => name);
  const written = [];
  for (const texts of settings) {
    await ask("calculate", texts);
    written.push(await ask("take", { texts, names, title: model.title, link: location.href, seen: "2026-11-27" }));
  }
  return written;
}"""


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@pytest.fixture
def tab(site):
    with watched(
        site, viewport={"width": 1280, "height": 900}, permissions=["clipboard-write", "clipboard-read"]
    ) as tab:
        yield tab


def command(*arguments):
    """What the command prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert cli.run(list(arguments)) == 0
    return printed.getvalue()


def ran(text, *more):
    """What a command that a page gives prints."""
    llmcalc, *arguments = shlex.split(text)
    assert llmcalc == "llmcalc"
    return command(*arguments, *more)


def take(tab, site, name, query=""):
    """Open a page and its section; return the texts in it."""
    open_page(tab, site, name, query)
    tab.get_by_text("Take it with you", exact=True).click()
    return taken(tab)


def taken(tab):
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-taken').length")
    return {name: tab.text_content(f"[data-text={name}]") for name in TEXTS}


def downloaded(tab, kind):
    with tab.expect_download() as started:
        tab.get_by_role("button", name=f"Download {kind.upper()}").click()
    name = started.value.suggested_filename
    with open(started.value.path(), newline="", encoding="utf-8") as file:
        return name, file.read()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_writes_answers_down_as_the_command_does(tab, site, name):
    generator = random.Random(name)
    described = model(name)["parameters"]
    settings = [defaults(name)]
    while len(settings) < SETTINGS:
        chosen = generator.sample(described, min(3, len(described)))
        texts = defaults(name) | {parameter["name"]: random_text(parameter, generator) for parameter in chosen}
        with contextlib.suppress(Refusal):
            questions()[name].answer(**values_of(name, texts))
            settings.append(texts)
    open_page(tab, site, name)
    for texts, written in zip(settings, tab.evaluate(WRITE, settings), strict=True):
        given = [f"{key}={text}" for key, text in texts.items()]
        assert written["json"] == command("answer", name, *given, "--json"), texts
        assert written["csv"] == command("answer", name, *given, "--csv"), texts
        assert ran(written["command"], "--json") == written["json"], texts
        changed = [word.partition("=")[0] for word in shlex.split(written["command"])[3:]]
        values, standard = values_of(name, texts), values_of(name, defaults(name))
        assert changed == [key for key in texts if values[key] != standard[key]]


def test_what_is_downloaded_is_what_the_command_prints(tab, site):
    found = take(tab, site, "training-gpus", "?mfu=40%25&days=2+weeks&accelerator=H100+SXM&number_format=bf16")
    words = ["accelerator='H100 SXM'", "number_format=bf16", "days='2 weeks'", "mfu='40%'"]
    assert sorted(shlex.split(found["command"])) == sorted(
        ["llmcalc", "answer", "training-gpus", *(shlex.split(word)[0] for word in words)]
    )
    assert downloaded(tab, "json") == ("training-gpus.json", ran(found["command"], "--json"))
    assert downloaded(tab, "csv") == ("training-gpus.csv", ran(found["command"], "--csv"))
    assert tab.text_content(".calculator-take [role=status]") == "Downloaded training-gpus.csv."


def test_commands_and_program_repeat_the_answer(tab, site):
    query = "?mfu=0.35&accelerator=H100+SXM&number_format=bf16&devices_per_server=4"
    found = take(tab, site, "training-gpus", query)
    given = {"mfu": 0.35, "accelerator": "H100 SXM", "number_format": "bf16", "devices_per_server": 4}
    make, target, *words = shlex.split(found["rerun"])
    assert (make, target, words[0]) == ("make", "rerun", "NOTEBOOK=training-gpus")
    declared = parameters.declared("training-gpus")
    assert rerun.read_assignments(declared, words[1].removeprefix("PARAMS=")) == given
    papermill = shlex.split(found["papermill"])
    assert papermill[:3] == ["papermill", "notebooks/training-gpus.md", "out.ipynb"]
    assert parameters.convert(declared, dict(zip(papermill[4::3], papermill[5::3], strict=True))) == given
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(found["program"], {})
    assert printed.getvalue() == f"{questions()['training-gpus'].answer(**given)}\n"
    # Yes or no is written as each of them has it.
    found = take(tab, site, "cv-backlog", "?setup_holds_cluster=false")
    assert 'PARAMS="setup_holds_cluster=false"' in found["rerun"]
    assert "setup_holds_cluster=False" in found["program"]
    assert found["command"] == "llmcalc answer cv-backlog setup_holds_cluster=false"


def test_an_answer_to_ranges_is_taken_along_with_its_points(tab, site):
    found = take(tab, site, "training-gpus", "?mfu=0.3+to+0.5&days=2+to+9+weeks")
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-spread').length")
    tab.wait_for_timeout(500)
    found = taken(tab)
    text = downloaded(tab, "json")[1]
    assert ran(found["command"], "--json") == text
    points = re.search(r"looked at in (\d+) of them", tab.text_content(".calculator-moves"))[1]
    assert f'"points": {points},' in text
    assert downloaded(tab, "csv")[1] == ran(found["command"], "--csv")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(found["program"], {})
    assert {"gpus", "servers"} <= set(eval(printed.getvalue()))


def test_what_is_taken_follows_the_form_and_what_is_refused_does_not(tab, site):
    take(tab, site, "training-gpus")
    for mfu, seen in (("0.4", "0.4"), ("4", "0.4"), ("0.3", "0.3")):
        tab.evaluate("performance.clearMarks('calculator-taken')")
        tab.fill("[name=mfu]", mfu)
        if mfu == seen:
            found = taken(tab)
        else:
            tab.wait_for_selector("#calculator-mfu-error:not([hidden])")
        assert found["command"] == f"llmcalc answer training-gpus mfu={seen}"
    assert found["link"].endswith("/notebooks/training-gpus.html?mfu=0.3")
    tab.goto(found["link"])
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-ready').length")
    assert tab.input_value("[name=mfu]") == "0.3"


def test_a_citation_names_version_chapter_link_and_day(tab, site):
    found = take(tab, site, "failures", "?devices=1024")
    today = tab.evaluate("new Date().toLocaleDateString('en-CA')")
    title = questions()["failures"].title
    for text in (found["citation"], found["bibtex"]):
        assert title in text
        assert found["link"] in text
        assert "0.1.0" in text
    assert f"urldate = {{{today}}}" in found["bibtex"]
    assert str(int(today[-2:])) in found["citation"].partition("seen on")[2]


def test_every_text_can_be_copied_and_says_so(tab, site):
    found = take(tab, site, "memory")
    for name in TEXTS:
        tab.click(f"[data-copy={name}]")
        browsing.wait_until(
            tab, "document.querySelector('.calculator-take [role=status]').textContent.startsWith('Copied')"
        )
        assert tab.evaluate("navigator.clipboard.readText()").rstrip("\n") == found[name]


def test_a_model_of_ones_own_goes_along(tab, site):
    config = notebooks.ROOT / "tests" / "models" / "configs" / "glm-4-9b.json"
    own = {
        "model": short.written(model_named(config.read_text(encoding="utf-8"))),
        "accelerator": '{"name": "mine",   "memory": "24 GB", "memory_bandwidth": "1 TB/s", "peak_fp16": "80 TFLOP/s"}',
    }
    found = take(tab, site, "what-fits", f"?{urlencode(own)}")
    text = downloaded(tab, "json")[1]
    assert ran(found["command"], "--json") == text
    assert json.loads(text)["parameters"]["model"] == own["model"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(found["program"], {})
    values = values_of("what-fits", defaults("what-fits") | own)
    assert printed.getvalue() == f"{questions()['what-fits'].answer(**values)}\n"


@pytest.mark.parametrize("name", ["training-gpus", "planner", "what-fits"])  # the section is the same in all chapters
def test_a_section_keeps_the_rules_and_fits_a_phone(site, name):
    context = site[1].new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", reduced_motion="reduce")
    tab = context.new_page()
    take(tab, site, name)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    # What can be read can be reached by keyboard, and has a name.
    for text in TEXTS:
        place = tab.locator(f"[data-text={text}]")
        place.focus()
        assert place.evaluate("element => element === document.activeElement")
        assert tab.locator(f"#{place.get_attribute('aria-labelledby')}").inner_text()
    assert not violations(tab, ".calculator")
    context.close()


def test_nothing_of_it_is_loaded_before_it_is_asked_for(tab, site):
    asked = []
    tab.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    open_page(tab, site, "training-gpus")
    tab.wait_for_load_state("networkidle")
    assert not {"take.mjs", "take.json", "files.mjs"} & set(asked)
    tab.get_by_text("Take it with you", exact=True).click()
    taken(tab)
    assert {"take.mjs", "take.json", "files.mjs"} <= set(asked)
