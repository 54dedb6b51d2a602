"""The index: its words lead to places that exist, and the search finds a place by each of them."""

import re
from collections import Counter
from typing import Any

import pytest
import snowballstemmer
import yaml
from pages import Book, Visit
from test_front import ROOT, extension

subject_index = extension("subject_index")
WORDS: dict = yaml.safe_load((ROOT / "subject_index.yml").read_text(encoding="utf-8"))
ENTRIES = [
    (page, place, word)
    for page, places in WORDS.items()
    for place, words in places.items()
    for word in words
]
LONGEST = 48  # letters: an entry of an index is no sentence
PLACES = 3  # of a word: more help nobody
FIRST = 5  # what a reader of the search looks at
# Sections that collect or repeat what others explain, and need no entry
NEEDS_NONE = re.compile(
    r"what-you-will|summary|check-yourself|exercises|further-reading|^\d|conventions|the-patients"
)
GLOSSARY = """# Glossary

:::{glossary}
atom
  What a column adds. It is
  [explained](chapters/a.ipynb).

ELBO
  A bound.
:::
"""


def test_words_stand_in_the_order_of_a_dictionary_with_all_their_places():
    words = {"a": {"": ["zebra"], "one": ["Élan", "elbo"]}, "b": {"two": ["zebra", "2D code"]}}
    assert subject_index.by_word(words, subject_index.terms(GLOSSARY)) == [
        ("2D code", [("b", "two")]),
        ("atom", [("glossary", "atom")]),
        ("elbo", [("a", "one"), ("glossary", "ELBO")]),
        ("Élan", [("a", "one")]),
        ("zebra", [("a", ""), ("b", "two")]),
    ]


@pytest.mark.parametrize(
    ("word", "letter"), [("élan", "E"), ("β-VAE", "0–9"), ("_dispatch", "D"), ("3D", "0–9")]
)
def test_a_word_stands_under_its_first_letter(word: str, letter: str):
    assert subject_index.letter(word) == letter


def test_entries_are_short_and_stand_once_in_a_place():
    complaints = [f"{word!r} is long" for _, _, word in ENTRIES if len(word) > LONGEST]
    complaints += [
        f"{word!r} has spaces or a full stop at an end"
        for _, _, word in ENTRIES
        if word != word.strip(" .")
    ]
    assert complaints == []
    folded = [(page, place, word.casefold()) for page, place, word in ENTRIES]
    assert len(set(folded)) == len(folded)


def test_a_word_has_one_form_and_few_places():
    stemmer = snowballstemmer.stemmer("english")
    terms = subject_index.terms((ROOT / "glossary.md").read_text(encoding="utf-8"))
    forms: dict[str, set[str]] = {}
    for word in [*terms, *(word for _, _, word in ENTRIES)]:
        american = re.sub(r"is(e|ed|ing|ation)\b", r"iz\1", word.casefold())
        stems = " ".join(stemmer.stemWords(re.findall(r"\w+", american)))
        forms.setdefault(stems, set()).add(word.casefold() if word in terms else word)
    assert [sorted(one) for one in forms.values() if len({w.casefold() for w in one}) > 1] == []
    places = Counter(word for _, _, word in ENTRIES)
    assert [word for word, number in places.items() if number > PLACES] == []


def test_every_section_of_a_chapter_is_in_the_index(book: Book):
    missing = []
    for page in book.pages:
        if page.name.startswith("chapters/"):
            for section in page.article.select("section section[id]"):
                place = section["id"]
                exercise = section.find_parent("section", id="exercises")
                if not (NEEDS_NONE.search(place) or exercise or place in WORDS[page.name]):
                    missing.append(f"{page.name}: {place}")
    assert missing == []


def test_the_page_shows_every_entry_and_term_with_its_links(book: Book):
    items = book["subject_index"].article.select("ul.subject-index > li")
    shown = {item.p.contents[0].strip(" ,").replace("’", "'"): item for item in items}
    assert len(shown) == len(items)
    terms = [term.get_text().strip("#") for term in book["glossary"].article.select("dt")]
    assert len(terms) > 100
    assert {word.casefold() for _, _, word in ENTRIES} | {t.casefold() for t in terms} == {
        word.casefold() for word in shown
    }
    for page, place, word in ENTRIES:
        address = f"{page}.html" + (f"#{place}" if place else "")
        assert shown[word].find("a", href=address), (word, address)


def test_the_search_finds_a_place_by_each_of_its_words(book: Book, browser: Any):
    words = sorted({word for _, _, word in ENTRIES})
    with Visit(browser, book["search"], query="?q=manifold") as visit:
        visit.tab.wait_for_selector("ul.search li a")
        found = visit.tab.evaluate(
            """([words, first]) => words.map(word => {
              document.querySelector("ul.search").replaceChildren();
              Search.query(word);
              return [...document.querySelectorAll("ul.search li a")].slice(0, first)
                .map(link => link.href.replace(/[?][^#]*/, ""));
            })""",
            [words, FIRST],
        )
    links = dict(zip(words, found, strict=True))
    missed = [
        word
        for word in words
        if not any(
            link.endswith(f"/{page}.html" + (f"#{place}" if place else ""))
            for page, place, other in ENTRIES
            if other == word
            for link in links[word]
        )
    ]
    assert missed == []
    assert visit.errors == visit.foreign == []


def test_a_result_says_under_which_entry_it_was_found(book: Book, browser: Any):
    with Visit(browser, book["search"], query="?q=mode-covering") as visit:
        visit.tab.wait_for_selector("ul.search li .search-entry")
        assert "In the index: mass-covering" not in visit.tab.inner_text("ul.search")
        entry = visit.tab.locator("ul.search li .search-entry").first.inner_text()
        assert entry.startswith("In the index: mode-")
