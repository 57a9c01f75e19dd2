"""The page for teachers, from the exercises."""

from bookbuild import notebooks
from bookbuild.teaching import teach
from llmcalc import teaching
from llmcalc.questions import questions


def test_every_chapter_of_the_book_has_exercises():
    assert teach.chapters() == [name for name in questions() if name in notebooks.names()]


def test_the_page_has_every_outcome_and_every_count():
    text = teach.sections()
    exercises = [exercise for name in teach.chapters() for exercise in teaching.chapter(name).exercises]
    for exercise in exercises:
        assert f"- {teach._plain(exercise.teaches)}" in text
    assert f"There are {len(exercises)} exercises." in text
    for name in teach.chapters():
        assert f"{{ref}}`{name}`" in text


def test_mistakes_are_told_in_words_that_markdown_leaves_alone():
    text = teach.sections()
    assert "way forward alone" in text
    assert teach._plain("a_b*c{d}") == r"a\_b\*c\{d}"
