"""Sentences of a paragraph of a page, with their links, formulas and other markup."""

import copy
import re

from bs4 import BeautifulSoup, NavigableString, Tag

MAKER = BeautifulSoup("", "html.parser")  # of new elements
END = re.compile(r"(?<=[.?!])(?<!al\.)(?<!e\.g\.)(?<!i\.e\.)(?<!vs\.)[)”]?\s+")


def plain(element: Tag | NavigableString) -> str:
    """Return the text of an element, in one line."""
    return " ".join(element.get_text().split())


def num_words(element: Tag) -> int:
    """Return how many words an element shows; a formula counts as one of them."""
    text = re.sub(r"\\\(.*?\\\)", " formula ", plain(element))
    return len(text.split())


def paragraph(parts: list, name: str = "p") -> Tag:
    """Return a new element with these children."""
    made = MAKER.new_tag(name)
    made.extend(parts)
    return made


def sentences(element: Tag) -> list[Tag]:
    """Return the sentences of a paragraph, each in an element of its own.

    A full stop inside a link or a formula ends no sentence.
    """
    found: list[list] = [[]]
    for child in element.children:
        if not isinstance(child, NavigableString):
            found[-1].append(copy.copy(child))
            continue
        text, start = str(child), 0
        for end in END.finditer(text):
            rest = text[end.end() :]
            if rest and not re.match(r"[A-Z“\"(0-9]", rest):
                continue  # an abbreviation
            found[-1].append(NavigableString(text[start : end.end()]))
            found.append([])
            start = end.end()
        if text[start:]:
            found[-1].append(NavigableString(text[start:]))
    made = [paragraph(parts, "span") for parts in found]
    return [one for one in made if plain(one)]
