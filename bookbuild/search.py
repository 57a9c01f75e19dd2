"""Search in English and Chinese: words of both, and the Chinese terms of every chapter."""

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish
from sphinx.transforms.post_transforms import SphinxPostTransform

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
    abbreviation = any(letter.isupper() for letter in term[1:])
    pattern = rf"(?<![\w/-]){re.escape(term)}(?:s|es)?(?![\w/-])"
    return bool(re.search(pattern, text, 0 if abbreviation else re.IGNORECASE))


class AddTerms(SphinxPostTransform):
    """Ends every chapter with the terms of the glossary that it uses, in English and Chinese."""

    default_priority = 5  # before references are resolved

    def run(self, **_: Any) -> None:
        if not self.env.docname.startswith("notebooks/") or GLOSSARY not in self.env.found_docs:
            return
        chapter = self.document
        text = chapter.astext()
        paragraph = nodes.paragraph("", "", nodes.strong("", "Terms in this chapter: "), classes=["terms"])
        for english, chinese in glossary_terms(self.env.get_doctree(GLOSSARY)).items():
            if occurs(english, text):
                link = addnodes.pending_xref(
                    "", nodes.inline("", english), refdomain="std", reftype="term", reftarget=english.replace("’", "'"),
                    refdoc=self.env.docname, refexplicit=True, refwarn=True,
                )  # fmt: skip
                paragraph += [link, nodes.Text(" "), nodes.inline("", "、".join(chinese), classes=["language-zh"])]
                paragraph += nodes.Text(" · ")
        if len(paragraph) > 1:
            paragraph[-1] = nodes.Text(".")
            next(chapter.findall(nodes.section)).append(paragraph)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_search_language(SearchEnglishAndChinese)
    app.add_post_transform(AddTerms)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
