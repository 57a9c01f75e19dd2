"""Named scenarios in a page: kept in the browser or as a file, and two of them set against each other."""

import json
import shlex

import pytest

from bookbuild import browser as browsing
from bookbuild.notebooks import BUILD
from llmcalc import cli, differences
from llmcalc.formats import written
from llmcalc.questions import questions
from tests.axe import violations
from tests.test_calculators import defaults, open_page, ready, see_curves, shown, values_of
from tests.watching import in_a_browser, watched_tab

SITE = BUILD / "html"
NAME = "training-gpus"
MINE = {"mfu": "0.4", "days": "60"}

pytestmark = in_a_browser


@pytest.fixture(scope="module")
def site():
    with browsing.serve(SITE) as address, browsing.browse() as browser:
        yield address, browser


@pytest.fixture(scope="module")
def context(site):
    """What all tabs share: scripts that one has loaded the next one has."""
    context = site[1].new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def tab(site, context):
    with watched_tab(site, context) as tab:
        yield tab
        tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")


@pytest.fixture(scope="module")
def unfolded(site, context):
    """One page for all files that leave nothing behind."""
    with watched_tab(site, context) as tab:
        open_scenarios(tab, site)
        yield tab


def open_scenarios(tab, site, name=NAME, query=""):
    open_page(tab, site, name, query)
    unfold(tab)


def unfold(tab):
    tab.get_by_text("Your scenarios", exact=True).click()
    tab.wait_for_selector(".calculator-scenarios form")


def set_form(tab, texts):
    for name, text in texts.items():
        control = tab.locator(f".calculator-form [name={name}]")
        tag = control.evaluate(
            "element => { element.closest('details')?.setAttribute('open', ''); return element.tagName; }"
        )
        if tag == "SELECT":
            control.select_option(text)
        else:
            control.fill(text)
            control.dispatch_event("change")
    for name, text in texts.items():
        browsing.wait_until(tab, f"new URLSearchParams(location.search).get('{name}') === {json.dumps(text)}")


def save(tab, name):
    tab.get_by_label("Name of this scenario").fill(name)
    tab.get_by_role("button", name="Save this scenario").click()


def names(tab):
    return tab.eval_on_selector_all(".calculator-scenarios li input", "inputs => inputs.map(input => input.value)")


def said(tab):
    return tab.text_content(".calculator-scenarios > [role=status]")


def alarm(tab):
    place = tab.locator(".calculator-scenarios > [role=alert]")
    return place.text_content() if place.is_visible() else ""


def compared(tab, first, second):
    menus = tab.locator(".calculator-scenarios select")
    menus.nth(0).select_option(first, timeout=3000)
    tab.evaluate("performance.clearMarks('calculator-compared')")
    menus.nth(1).select_option(second, timeout=3000)
    browsing.wait_until(tab, "performance.getEntriesByName('calculator-compared').length")
    return tab.eval_on_selector_all(
        ".calculator-scenarios table",
        "tables => tables.map(table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent)))",
    )


def in_cpython(name, first, second):
    """The rows of the table of results that the page is to show."""
    question = questions()[name]
    given = [values_of(name, defaults(name) | texts) for texts in (first, second)]
    found = differences.compare(question.answer, *given)
    inputs = [key for key in question.parameters if key in found["inputs"]]
    rows = []
    for result in found["results"].values():
        label = f"{result['label']} [{result['unit']}]" if result["unit"] not in ("", "1") else result["label"]
        ends = [written(result["first"]), written(result["second"])]
        shares = [differences.told(result["kind"], result["parts"][key]) for key in inputs]
        change = differences.told(result["kind"], result["change"])
        if ends[0] != ends[1] or {change, *shares} - {"× 1", "0", "–"}:
            rows.append([label, *ends, change, *shares])
    return inputs, rows


def test_scenarios_are_kept_renamed_opened_and_deleted(tab, site):
    open_scenarios(tab, site)
    save(tab, "As printed")
    assert said(tab) == "Saved “As printed”."
    set_form(tab, MINE)
    for name in ("Mine", "Third", "Fourth", "Fifth"):
        save(tab, name)
    mine = shown(tab)
    tab.wait_for_load_state("networkidle")
    tab.goto(f"{site[0]}notebooks/{NAME}.html")
    ready(tab)
    unfold(tab)
    assert names(tab) == ["As printed", "Mine", "Third", "Fourth", "Fifth"]
    tab.get_by_label("Name of “Third”").fill("3")
    tab.keyboard.press("Enter")
    assert said(tab) == "“Third” is now “3”."
    tab.get_by_role("button", name="Delete “Fourth”").click()
    assert said(tab) == "Deleted “Fourth”."
    tab.get_by_role("button", name="Open “Mine”").click()
    browsing.wait_until(tab, "location.search.includes('mfu=0.4')")
    assert shown(tab) == mine
    tab.wait_for_load_state("networkidle")
    tab.reload()
    ready(tab)
    unfold(tab)
    assert names(tab) == ["As printed", "Mine", "3", "Fifth"]
    # Another chapter has its own.
    open_scenarios(tab, site, "memory")
    assert names(tab) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "Give the scenario a name."),
        ("  ", "Give the scenario a name."),
        ("One", "There is a scenario “One” already"),
    ],
)
def test_a_name_is_needed_and_only_once(tab, site, name, reason):
    open_scenarios(tab, site)
    save(tab, "One")
    save(tab, "Two")
    save(tab, name)
    assert reason in alarm(tab)
    assert names(tab) == ["One", "Two"]
    tab.get_by_label("Name of “Two”").fill(name)
    tab.keyboard.press("Enter")
    assert reason in alarm(tab)
    assert names(tab) == ["One", "Two"]
    save(tab, "Three")
    assert alarm(tab) == ""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("QuotaExceededError", "Your browser has no room for more"),
        ("SecurityError", "Your browser lets this page keep nothing"),
    ],
)
def test_where_nothing_can_be_kept_it_says_so_and_goes_on(tab, site, error, reason):
    open_scenarios(tab, site)
    tab.evaluate("name => { Storage.prototype.setItem = () => { throw new DOMException('no', name); }; }", error)
    save(tab, "One")
    assert alarm(tab).startswith(reason)
    assert "Download" in alarm(tab)
    assert names(tab) == ["One"]


def test_a_browser_without_storage_is_told_so(tab, site):
    open_page(tab, site, NAME)
    tab.evaluate("() => { Storage.prototype.getItem = () => { throw new DOMException('no', 'SecurityError'); }; }")
    unfold(tab)
    assert alarm(tab).startswith("Your browser lets this page keep nothing: scenarios last until you leave it.")


def test_what_was_kept_and_is_broken_is_left_out_and_said(tab, site):
    open_page(tab, site, NAME)
    tab.evaluate("localStorage.setItem('llmcalc scenarios training-gpus', '{broken')")
    unfold(tab)
    assert alarm(tab) == "What this browser has kept is left out: it is no JSON."


def test_scenarios_go_into_a_file_and_come_back(tab, site, tmp_path):
    open_scenarios(tab, site)
    save(tab, "As printed")
    set_form(tab, MINE)
    save(tab, "Mine")
    with tab.expect_download() as started:
        tab.get_by_role("button", name="Download your scenarios").click()
    assert started.value.suggested_filename == "training-gpus-scenarios.json"
    path = tmp_path / "scenarios.json"
    started.value.save_as(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["question"] == NAME
    assert [each["name"] for each in found["scenarios"]] == ["As printed", "Mine"]
    assert found["scenarios"][1]["parameters"] == defaults(NAME) | MINE
    tab.evaluate("localStorage.clear()")
    tab.wait_for_load_state("networkidle")
    tab.reload()
    ready(tab)
    unfold(tab)
    assert names(tab) == []
    save(tab, "Mine")  # of other assumptions? no: of the same, so that it is here already
    tab.get_by_label("Add scenarios from such a file").set_input_files(path)
    browsing.wait_until(tab, "document.querySelectorAll('.calculator-scenarios li').length === 2")
    assert said(tab) == "Scenarios added: 1; here already: 1."
    # One of the same name with other assumptions gets another name.
    found["scenarios"][1]["parameters"]["mfu"] = "0.3"
    path.write_text(json.dumps(found), encoding="utf-8")
    tab.get_by_label("Add scenarios from such a file").set_input_files(path)
    browsing.wait_until(tab, "document.querySelectorAll('.calculator-scenarios li').length === 3")
    assert names(tab) == ["Mine", "As printed", "Mine (2)"]


def scenario(**changed):
    return {"question": NAME, "scenarios": [{"name": "A", "parameters": {"mfu": "0.4"}} | changed]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is no JSON"),
        ("[]", "it has no list of scenarios"),
        ('{"question": "memory", "scenarios": []}', "its scenarios are of memory, and this page is training-gpus"),
        (scenario(name=""), "scenario 1 has no name of 1 to 60 letters"),
        (scenario(name="x" * 61), "scenario 1 has no name of 1 to 60 letters"),
        (scenario(parameters=["mfu"]), "“A” has no parameters"),
        (scenario(parameters={"mfux": "1"}), "in “A”, mfux is no assumption of this page"),
        (scenario(parameters={"mfu": 0.4}), "in “A”, mfu is no text"),
        (scenario(parameters={"mfu": "2"}), "in “A”, mfu = 2.0 is not accepted: give a number from 0.001 to 1"),
        (scenario(parameters={"mfu": "<b>1</b>"}), "in “A”, mfu = '<b>1</b>' is not accepted"),
        (scenario(parameters={"accelerator": "V100 PCIe 32GB"}), "in “A”, number_format = 'tf32' is not accepted"),
        ({"question": NAME, "scenarios": [{"name": "A", "parameters": {}}] * 2}, "two scenarios are called “A”"),
        (scenario(more="x" * 1_000_001), "it is larger than 1,000,000 bytes"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_file_that_is_none_is_refused_whole_in_one_line(unfolded, tmp_path, content, reason):
    tab = unfolded
    tab.evaluate("() => { document.querySelector('.calculator-scenarios > [role=alert]').hidden = true; }")
    path = tmp_path / "mine.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    tab.get_by_label("Add scenarios from such a file").set_input_files(path)
    tab.wait_for_selector(".calculator-scenarios > [role=alert]:not([hidden])")
    assert alarm(tab).startswith(f"mine.json is refused: {reason}")
    assert "\n" not in alarm(tab)
    assert names(tab) == []
    assert tab.evaluate("localStorage.length") == tab.evaluate(
        "Object.keys(localStorage).filter(key => !key.startsWith('llmcalc')).length"
    )


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (NAME, MINE | {"accelerator": "H100 SXM", "number_format": "bf16"}),
        ("cv-backlog", {"trials": "9", "cluster_cards": "500"}),
        ("planner", {"days": "40", "tokens": "10T"}),
    ],
)
def test_two_scenarios_are_explained_as_in_cpython(tab, site, name, texts):
    open_scenarios(tab, site, name)
    save(tab, "Before")
    set_form(tab, texts)
    inputs, rows = in_cpython(name, {}, texts)
    tables = compared(tab, "Before", "The form as it is")
    assert tables[0][0] == ["What differs", "Before", "The form"]
    assert [row[1:] for row in tables[0][1:]] == [[defaults(name)[key], texts[key]] for key in inputs]
    assert tables[1][0] == ["Result", "Before", "The form", "Change", *(f"by {key}" for key in inputs)]
    assert tables[1][1:] == rows


def test_the_command_tells_the_same(tab, site, capsys):
    open_scenarios(tab, site, NAME, "?days=20")
    save(tab, "Before")
    set_form(tab, MINE)
    save(tab, "After")
    tables = compared(tab, "Before", "After")
    command = tab.text_content("#scenarios-command + pre")
    assert command == "llmcalc answer training-gpus days=20 --instead days=60 --instead mfu=0.4"
    assert cli.run(shlex.split(command)[1:]) == 0
    printed = capsys.readouterr().out
    for label, _, _, *told in tables[1][1:]:
        [line] = [line for line in printed.splitlines() if line.startswith(label.partition(" [")[0] + "  ")]
        assert " ".join(line.split()).endswith(" ".join(told))


def test_a_combination_that_is_refused_is_said(tab, site):
    open_scenarios(tab, site)
    save(tab, "Before")
    set_form(tab, {"accelerator": "V100 PCIe 32GB", "number_format": "fp16"})
    compared(tab, "Before", "The form as it is")
    assert "No answer with accelerator alone changed: number_format = 'tf32' is not accepted" in tab.text_content(
        ".calculator-scenarios fieldset"
    )


def test_what_can_not_be_compared_says_why(tab, site):
    open_scenarios(tab, site)
    save(tab, "Before")
    compared(tab, "Before", "The form as it is")
    note = ".calculator-scenarios fieldset [role=status]"
    assert tab.text_content(note) == "The assumptions of both are the same."
    set_form(tab, {"mfu": "0.3 to 0.5"})
    browsing.wait_until(
        tab, f"document.querySelector('{note}').textContent.startsWith('There is nothing to compare: mfu')"
    )
    assert "a single number, to compare two answers" in tab.text_content(note)


def test_a_comparison_follows_the_form(tab, site):
    open_scenarios(tab, site)
    save(tab, "Before")
    for mfu in ("0.4", "0.3"):
        tab.evaluate("performance.clearMarks('calculator-compared')")
        set_form(tab, {"mfu": mfu})
        browsing.wait_until(tab, "performance.getEntriesByName('calculator-compared').length")
        assert compared(tab, "Before", "The form as it is")[0][1][1:] == ["0.5", mfu]


def test_scenarios_that_links_of_planners_have_held_are_among_them(tab, site):
    open_page(tab, site, "planner", "?tokens=10T&saved=days%3D60&saved=days%3Dnever&saved=tokens%3D5T%26days%3D90")
    browsing.wait_until(tab, "document.querySelectorAll('.calculator-scenarios li').length === 2")
    assert tab.locator(".calculator-scenarios li p").all_inner_texts() == ["days 60", "tokens 5T, days 90"]
    assert tab.input_value("[name=tokens]") == "10T"


def test_a_planner_marks_what_is_compared_on_its_curves(tab, site):
    open_scenarios(tab, site, "planner")
    see_curves(tab)
    canvas = tab.locator(".planner-plots canvas").first
    save(tab, "Before")
    set_form(tab, {"days": "60"})
    compared(tab, "Before", "The form as it is")
    marked = at_rest(canvas)
    tab.get_by_role("button", name="Delete “Before”").click()
    browsing.wait_until(tab, "document.querySelector('.calculator-scenarios fieldset').hidden")
    assert at_rest(canvas, unlike=marked) != marked


def at_rest(canvas, unlike=None):
    """What a canvas shows when nothing is drawn any more, and something else than before, if it ever does."""
    seen = []
    for _ in range(40):
        seen.append(canvas.screenshot())
        if len(seen) > 3 and len(set(seen[-4:])) == 1 and seen[-1] != unlike:
            break
        canvas.page.wait_for_timeout(250)
    return seen[-1]


@pytest.mark.parametrize("name", [NAME, "planner"])
def test_the_section_keeps_the_rules_and_fits_a_phone(site, name):
    context = site[1].new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", reduced_motion="reduce")
    tab = context.new_page()
    open_scenarios(tab, site, name)
    save(tab, "A name that is as long as it may be, which is sixty letters")
    set_form(tab, {"days": "60"})
    save(tab, "Mine")
    compared(tab, "Mine", "A name that is as long as it may be, which is sixty letters")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(tab, ".calculator")
    context.close()


def test_nothing_of_it_is_loaded_before_it_is_asked_for(tab, site):
    asked = []
    tab.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    open_page(tab, site, NAME)
    tab.wait_for_load_state("networkidle")
    assert not {"scenarios.mjs", "scenarios.json", "files.mjs"} & set(asked)
