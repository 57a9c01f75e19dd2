"""Search in English and Chinese: words of both, and the terms and keywords of every chapter."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.search.en import SearchEnglish
from sphinx.transforms.post_transforms import SphinxPostTransform

from llmcalc.messages import message

GLOSSARY = "glossary"
CHINESE = r"\u3400-\u4dbf\u4e00-\u9fff"
WORD = re.compile(rf"[{CHINESE}]+|[^\W{CHINESE}]+")


class SearchEnglishAndChinese(SearchEnglish):
    """English by its stems, Chinese by its pairs of characters.

    Chinese is written without spaces, and compounds are made freely: a dictionary cuts the same
    characters in one way in a text and in another in a query. Pairs are cut alike everywhere.
    """

    language_name = "English and Chinese"
    # Single characters are in the index for those who look for one; a longer query is its pairs.
    # A single letter, as in PFLOP/s, is in the index of no page, and would be found nowhere.
    js_splitter_code = rf"""
function splitQuery(query) {{
  return (query.match(/[{CHINESE}]+|[\p{{Letter}}\p{{Number}}_]+/gu) ?? []).flatMap((word) =>
    word.split(/([{CHINESE}]+)/u).filter(Boolean).flatMap((part) =>
      /[{CHINESE}]/u.test(part) && part.length > 1
        ? Array.from({{length: part.length - 1}}, (_, start) => part.slice(start, start + 2))
        : /^[A-Za-z]$/.test(part) ? [] : [part]));
}}
"""

    def init(self, options: dict[str, str]) -> None:
        super().init(options)
        self._stems: dict[str, str] = {}

    def stem(self, word: str) -> str:
        """Return the stem of an English word; most words are on many pages."""
        if word not in self._stems:
            self._stems[word] = super().stem(word)
        return self._stems[word]

    def split(self, input: str) -> list[str]:  # noqa: A002 - the name is Sphinx's
        """Return the words of a text, of Chinese its characters and their pairs."""
        found = []
        for word in WORD.findall(input):
            if re.match(f"[{CHINESE}]", word):
                found += [*word, *(word[start : start + 2] for start in range(len(word) - 1))]
            else:
                found.append(word)
        return found


def is_chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return bool(re.search(f"[{CHINESE}]", text))


def glossary_terms(glossary: nodes.document) -> dict[str, list[str]]:
    """Return the Chinese terms of a glossary by the English ones that they translate."""
    translations = {}
    for entry in glossary.findall(nodes.definition_list_item):
        terms = [child.astext() for child in entry.children if isinstance(child, nodes.term)]
        chinese = [term for term in terms if is_chinese(term)]
        if chinese:
            translations[terms[0]] = chinese
    return translations


def occurs(term: str, text: str) -> bool:
    """Whether a term, or its plural, is a word of a text; abbreviations keep their capitals."""
    if term.lower() not in text.lower():  # as most are not, and a pattern is slow to find nothing
        return False
    abbreviation = any(letter.isupper() for letter in term[1:])
    pattern = rf"(?<![\w/-]){re.escape(term)}(?:s|es)?(?![\w/-])"
    return bool(re.search(pattern, text, 0 if abbreviation else re.IGNORECASE))


def keywords(env: BuildEnvironment, page: str) -> list[str]:
    """Return the keywords that a notebook declares in its metadata."""
    declared: list[str] = json.loads(env.metadata[page].get("keywords", "[]"))
    return declared


def written(term: str) -> nodes.inline:
    """Return a term as text in its language."""
    return nodes.inline("", term, classes=["language-zh"] if is_chinese(term) else [])


class AddTerms(SphinxPostTransform):
    """Ends every chapter with the terms of the glossary that it uses, in English and Chinese, and with its keywords.

    Keywords are entries of the index, too: a search for one of them shows the chapters that declare it first.
    """

    default_priority = 5  # before references are resolved

    def run(self, **_: Any) -> None:
        if not self.env.docname.startswith("notebooks/") or GLOSSARY not in self.env.found_docs:
            return
        chapter = next(self.document.findall(nodes.section))
        declared = keywords(self.env, self.env.docname)
        paragraphs = [
            self.list(message("Terms in this chapter:"), self.terms()),
            self.list(message("Keywords:"), map(written, declared)),
        ]
        chapter.insert(1, addnodes.index(entries=[("single", keyword, "", "main", None) for keyword in declared]))
        chapter += [paragraph for paragraph in paragraphs if len(paragraph) > 1]

    def terms(self) -> Iterator[nodes.inline]:
        """Give the glossary's terms that the chapter uses, linked, with their Chinese."""
        text = self.document.astext()
        for english, chinese in glossary_terms(self.env.get_doctree(GLOSSARY)).items():
            if occurs(english, text):
                link = addnodes.pending_xref(
                    "", nodes.inline("", english), refdomain="std", reftype="term", reftarget=english.replace("’", "'"),
                    refdoc=self.env.docname, refexplicit=True, refwarn=True,
                )  # fmt: skip
                yield nodes.inline("", "", link, nodes.Text(" "), written("、".join(chinese)))

    def list(self, heading: str, items: Iterable[nodes.inline]) -> nodes.paragraph:
        """Return a paragraph of items after a heading, with dots between them."""
        paragraph = nodes.paragraph("", "", nodes.strong("", f"{heading} "), classes=["terms"])
        for item in items:
            paragraph += [item, nodes.Text(" · ")]
        if len(paragraph) > 1:
            paragraph[-1] = nodes.Text(".")
        return paragraph


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_search_language(SearchEnglishAndChinese)
    app.add_post_transform(AddTerms)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
