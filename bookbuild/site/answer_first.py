"""Chapters that answer first: below the title stands the answer, with its form, and the code that gives it is folded.

A notebook runs from top to bottom, so that imports and parameters come before its answer. On a page nothing does.
"""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms import SphinxTransform

from llmcalc.messages import marked, message

SHOW, HIDE = marked("Show the code of this answer"), marked("Hide the code of this answer")


class AnswerFirst(SphinxTransform):
    """Set a chapter's answer right below its title, and what its first section says besides below the answer."""

    default_priority = 880  # the page is all there, and nobody has listed its headings yet

    def apply(self, **_: object) -> None:
        headline = next((cell for cell in _cells(self.document) if "tag_headline" in cell["classes"]), None)
        if headline is None:
            return
        section = headline.parent
        page = section.parent
        title = page.next_node(nodes.title)
        before = [node for node in page.children if page.index(title) < page.index(node) < page.index(section)]
        within = [node for node in section.children if not isinstance(node, nodes.title)]
        after = page.children[page.index(section) + 1 :]
        # Links to the section lead to the answer.
        headline["ids"] += section["ids"]
        fold = HideCodeCellNode(prompt_show=message(SHOW), prompt_hide=message(HIDE), classes=["above-input"])
        for cell in [node for node in [*before, *within] if node in _cells(section) or node in _cells(page)]:
            fold += _code_of(cell)
            if cell is headline:
                break
        told = [node for node in [*before, *within] if node is not headline and not _is_empty(node)]
        page.children = page.children[: page.index(title) + 1]
        page += [headline, nodes.container("", fold, classes=["cell", "tag_hide-input"]), *told, *after]


def _cells(place: nodes.Element) -> list[nodes.container]:
    return [node for node in place.findall(nodes.container) if node.get("nb_element") == "cell_code"]


def _code_of(cell: nodes.container) -> list[nodes.Node]:
    """Take the code out of a cell, which keeps what it shows."""
    code = [node for node in cell.children if node.get("nb_element") == "cell_code_source"]
    for node in code:
        cell.remove(node)
    cell.attributes.pop("hide_mode", None)
    return code


def _is_empty(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code" and not node.children
