"""Formulas are set while the book is built, and a slip in one is found there."""

import pytest

from bookbuild.site import mathematics

PAGE = r"""<p>So <span class="math notranslate nohighlight">\(a &lt; b\)</span>:</p>
<div class="math notranslate nohighlight" id="equation-c">
<span class="eqno">(1)<a class="headerlink" href="#equation-c">#</a></span>\[C = \frac{a}{b}\]</div>
<pre>\(not mathematics\)</pre>"""


@pytest.fixture
def typesetter():
    return mathematics.Typesetter()


def test_formulas_of_a_page_are_set_in_their_places(typesetter):
    assert typesetter.send("page", PAGE) == 2
    assert typesetter.send("page", PAGE) == 2  # are set once
    answer = typesetter.finish()
    formulas = answer["set"]
    assert list(formulas) == [r"\(a &lt; b\)", r"\[C = \frac{a}{b}\]"]
    page = mathematics.place(PAGE, formulas)
    assert page.count("<mjx-container") == 2
    assert page.count('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">') == 1
    assert "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in page
    assert r"\frac" not in page
    assert '(1)<a class="headerlink" href="#equation-c">#</a></span><mjx-container' in page
    assert page.endswith(r"<pre>\(not mathematics\)</pre>")
    assert 'content: "C"' in answer["style"]
    assert not answer["wrong"]


def test_every_wrong_formula_is_named_with_its_page(typesetter):
    typesetter.send("one", r'<span class="math notranslate">\(\fraction{1}{2}\)</span>')
    typesetter.send("two", r'<span class="math notranslate">\(\frac{1}\)</span>')
    answer = typesetter.finish()
    assert answer["wrong"] == {
        r"\(\fraction{1}{2}\)": r"Undefined control sequence \fraction",
        r"\(\frac{1}\)": r"Missing argument for \frac",
    }
    assert typesetter.pages == {r"\(\fraction{1}{2}\)": "one", r"\(\frac{1}\)": "two"}
    assert not answer["set"]


def test_a_book_without_formulas_needs_no_style_sheet(typesetter):
    typesetter.send("page", "<p>Words.</p>")
    assert not typesetter.finish()["set"]
