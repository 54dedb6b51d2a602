"""Every mention of a chapter, a section, an exercise or a term is a link; a term shows its note.

The text of the sources is read, without code, formulas, headings, links and folded answers; each
check returns the list of its complaints, and planted mistakes show that it complains. That a link
leads to a place is checked on the built pages, by test_book.py.
"""

import difflib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from pages import Book, Visit

from _ext import chapter_links, glossary_notes
from tools import toc

ROOT = toc.ROOT
GLOSSARY = "../glossary.md#"  # as a chapter writes it
FEWEST_NOTES = 150  # in the whole book

# Terms that are everyday words, or have a second meaning in the book: no link is asked for.
NOT_ASKED_FOR = {
    "baseline": "also a rival that a method must beat",
    "beta": "also a distribution; the weight is written as a symbol",
    "claim": "also a verb",
    "closing": "also a verb",
    "code": "also a program's text",
    "dictionary": "also of words",
    "evidence": "also what speaks for a sentence; asked for as 'log evidence'",
    "gap": "also any empty place, and any difference",
    "leak": "also a verb",
    "mixture": "also of anything",
    "patch": "also any small piece of a picture",
    "rate": "also of learning, of acceptance, of a Poisson distribution",
    "score": "also any result that is judged",
    "tangent": "also of a curve",
    "tile": "also of a picture that is made of pictures",
    "told apart": "also a plain verb",
}
# What else a term is called.
ALSO = {
    "ELBO": ("evidence lower bound",),
    "evidence": ("log evidence",),
    "FID": ("Fréchet inception distance",),
    "IWAE": ("importance-weighted autoencoder",),
    "KL divergence": ("Kullback-Leibler divergence",),
    "PCA": ("principal component analysis",),
    "precision and recall of a generator": ("precision and recall",),
    "PSNR": ("peak signal-to-noise ratio",),
    "score-function gradient": ("score-function estimator",),
    "SSIM": ("structural similarity",),
    "VAE": ("variational autoencoder",),
}
# Phrases that hold a term's word and mean something else.
OTHER_PHRASES = ("entropy coding", "likelihood ratio")
# A chapter in which the word has another sense than the glossary's.
OTHER_SENSE = {
    ("chapters/a_meadow.ipynb", "distortion"): "that of a picture",
    ("chapters/a_meadow.ipynb", "gap"): "that of two axes",
    ("chapters/plain_latent_spaces.ipynb", "likelihood"): "that of codes",
    ("chapters/reparameterization.ipynb", "logit"): "those of a softmax",
    ("chapters/score_matching.ipynb", "posterior"): "that of a mixture's components",
}
# Titles that a sentence may begin with, meaning the thing and not the chapter.
TITLES_IN_PROSE = {"Denoising", "The ELBO", "Reparameterization"}

BLANK = "\ue000"
MASKED = (
    r"(?ms)^ *(```|~~~).*?^ *\1",
    r"(?s)<details.*?</details>",
    r"(?s)\$\$.*?\$\$",
    r"``.*?``|`[^`\n]*`",
    r"\$[^$\n]*\$",
    r"!?\[[^\]]*\]\([^)]*\)",
    r"(?m)^#+ .*$",
    r"<[^>\n]+>",
)
INDEX = r"(?m)^\|.*\]\(.*$"  # a row of a table that leads somewhere
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]*)\)")
HEADING = re.compile(r"(?m)^(#{1,3}) +(.+)$")
SENTENCE = re.compile(r"(?<=[.!?:])[\"”*)]*\s+(?=[A-Z*\"“(\[])|\n\n|\n *(?:[-*|>]|\d+\.) ?")


class Source(NamedTuple):
    """A page as it is written: its path from the root, and the texts of its Markdown cells."""

    path: str
    cells: list[str]


def masked(text: str, patterns: tuple[str, ...] = MASKED) -> str:
    """Return a text of the same length, with everything blanked that is not running prose."""
    for pattern in patterns:
        text = re.sub(pattern, lambda found: BLANK * len(found[0]), text)
    return text


def read(path: str) -> Source:
    """Return a page of the book, without the solutions in Markdown."""
    if path.endswith(".md"):
        return Source(path, [(ROOT / path).read_text(encoding="utf-8")])
    folded = {"hide-cell", "remove-cell"}
    cells = nbformat.read(ROOT / path, as_version=4).cells
    texts = [
        cell.source if not folded & set(cell.metadata.get("tags", ())) else ""
        for cell in cells
        if cell.cell_type == "markdown"
    ]
    return Source(path, texts)


CHAPTERS = [path.as_posix() for path in toc.notebooks()]
PAGES = [f"{name}.md" for name in toc.pages() if (ROOT / f"{name}.md").is_file()]


def slug(title: str) -> str:
    """Return the name of a heading in an address, as the book and GitHub make it."""
    plain = re.sub(r"[^\w\- ]", "", title.strip().lower())
    return plain.replace(" ", "-")


@cache
def headings(path: str) -> dict[str, str]:
    """Return the titles of a page's headings by their names in an address."""
    found = [title for text in read(path).cells for _, title in HEADING.findall(text)]
    return {slug(title): title for title in found}


@cache
def titles() -> dict[str, str]:
    """Return what chapters are called, whole and up to a colon, with their files."""
    found = {}
    for path in CHAPTERS:
        whole = next(iter(headings(path).values())).removeprefix("Appendix: ")
        found |= {name: path for name in (whole, whole.split(":")[0])}
    return found


@cache
def terms() -> dict[str, str]:
    """Return the terms of the glossary and what explains each."""
    text = (ROOT / "glossary.md").read_text(encoding="utf-8").split("{glossary}\n")[1]
    return dict(re.findall(r"(?m)^(\S.*)\n  (\S.*)$", text))


def anchor(term: str) -> str:
    """Return the name of a term's place in the glossary."""
    return "term-" + term.replace("é", "e").replace(" ", "-")


@cache
def pattern(name: str) -> re.Pattern:
    """Return what finds a term in a text, in the singular or plural."""
    body = re.escape(name).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?")
    body = body[:-1] + "(?:y|ies)" if body.endswith("y") else body + "(?:s|es)?"
    if name[0].islower():
        body = f"[{name[0]}{name[0].upper()}]{body[1:]}"
    case = "" if re.search("[A-Z]", name) else "(?i)"
    return re.compile(rf"{case}(?<![\w-]){body}(?![\w-])")


def occurrences(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the terms that stand in a masked text, the longer before the shorter ones."""
    for phrase in OTHER_PHRASES:
        text = masked(text, (pattern(phrase).pattern,))
    names = [(name, term) for term in terms() if term not in NOT_ASKED_FOR for name in [term]]
    names += [(name, term) for term, others in ALSO.items() for name in others]
    for name, term in sorted(names, key=lambda pair: -len(pair[0])):
        if term in terms():
            for found in pattern(name).finditer(text):
                yield term, found.start(), found.end()
            text = masked(text, (pattern(name).pattern,))


def explained(path: str, term: str, cells: list[str]) -> tuple[int, int]:
    """Return where the chapter itself explains a term, by the glossary; else its very end."""
    own = re.findall(rf"\({re.escape(path)}#([^)]*)\)", terms().get(term, ""))
    for i, text in enumerate(cells):
        for found in HEADING.finditer(text):
            if slug(found[2]) in own:
                return i, found.start()
    return len(cells), 0


def unlinked_terms(source: Source) -> list[tuple[str, int, int, int]]:
    """Return the terms whose first occurrence is no link: term, cell, start and end.

    Not asked for where the chapter says what a reader will be able to do, and not where, or after,
    it explains the term itself.
    """
    first: dict[str, tuple[int, int, int]] = {}
    linked: dict[str, tuple[int, int]] = {}
    names = {anchor(term): term for term in terms()}
    for i, text in enumerate(source.cells):
        for found in LINK.finditer(text):
            term = names.get(found[2].removeprefix(GLOSSARY))
            if found[2].startswith(GLOSSARY) and term:
                linked.setdefault(term, (i, found.start()))
        if re.search(r"(?m)^## What you will be able to do", text):
            continue
        for term, start, end in occurrences(masked(text, (INDEX, *MASKED))):
            first[term] = min(first.get(term, (i, start, end)), (i, start, end))
    return [
        (term, *place)
        for term, place in first.items()
        if place[:2] < linked.get(term, (len(source.cells), 0))
        and place[:2] < explained(source.path, term, source.cells)
        and (source.path, term) not in OTHER_SENSE
    ]


def wrong_terms(source: Source) -> list[str]:
    """Complain about terms that are not linked, that are linked twice, and that do not exist."""
    complaints = []
    for term, i, start, end in unlinked_terms(source):
        text = source.cells[i]
        around = text[max(0, start - 30) : end + 30].replace("\n", " ")
        link = f"[{text[start:end]}]({GLOSSARY}{anchor(term)})"
        complaints.append(f"{source.path}: no link to the glossary: …{around}…: {link}")
    targets = [found[2] for text in source.cells for found in LINK.finditer(text)]
    targets = [target for target in targets if target.startswith(GLOSSARY)]
    for target in sorted(set(targets)):
        if targets.count(target) > 1:
            complaints.append(f"{source.path}: {target} is linked {targets.count(target)} times")
        if target.removeprefix(GLOSSARY) not in map(anchor, terms()):
            complaints.append(f"{source.path}: the glossary has no {target}")
    return complaints


# Chapters, sections, exercises, figures


def sentence_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the sentence around a place begins and ends."""
    cuts = [0, *(cut.end() for cut in SENTENCE.finditer(masked(text))), len(text)]
    return max(cut for cut in cuts if cut <= start), min(cut for cut in cuts if cut >= end)


def leads(text: str, target: str) -> bool:
    """Say whether a text has a link whose address matches."""
    return any(re.search(target, found[2]) for found in LINK.finditer(text))


CHAPTER = r"(?:^|/)[a-z_]+\.ipynb"
NAMED_CHAPTER = re.compile(
    r"(?i)\b(?:first|second|last|previous|preceding|next|following|earlier|later)"
    r"(?: two| three)? chapters?\b|\b(?:denoising|documents|pca|elbo|vae) chapter\b"
    r"|\bchapters? on\b"
)
NAMED_SECTION = re.compile(
    r"(?i)\b(?:first|last|previous|next) section\b"
    r"|\bsections? (?:on|about|above|below|that reports?)\b"
)
NUMBERED = re.compile(r"\b(exercise|suspect|problem|experiment)s? (\d)\b", re.IGNORECASE)
FIGURE = re.compile(
    r"\bFig(?:ure|\.) ?\d|\b(?:the|that) figures? (?:there|above|further)\b", re.IGNORECASE
)


def unlinked_titles(source: Source) -> Iterator[str]:
    """Yield the titles of chapters, and the quoted titles of sections, that are no links."""
    for text in source.cells:
        prose = masked(text)
        for title in sorted(titles(), key=len, reverse=True):
            for found in re.finditer(rf"(?<![\w-]){re.escape(title)}(?![\w-])", prose):
                before, after = prose[: found.start()], prose[found.end() :]
                begins = re.search(r"(?:^|[.!?:]\**|\n\n|\n *[-|>]|\n *\d+\.|\*\*)\s*$", before)
                quoted = re.search(r"[\"“*_(]$", before) and re.match(r"[\"”*_);,:.]", after)
                opening = re.search(r"[\"“]$", before)
                if quoted or not (begins or opening) or (title not in TITLES_IN_PROSE and begins):
                    yield title
            prose = prose.replace(title, BLANK * len(title))
        for title in {title for path in CHAPTERS for title in headings(path).values()}:
            plain = re.escape(title.rstrip("?"))
            if len(title.split()) > 2 and re.search(rf"[\"“]{plain}[?.,]?[\"”]", prose):
                yield title


def unlinked_mentions(source: Source) -> list[str]:
    """Complain about chapters, sections, exercises and figures that are named without a link."""
    complaints = [f"{source.path}: no link: {title!r}" for title in unlinked_titles(source)]
    kinds = [(NAMED_CHAPTER, CHAPTER), (NAMED_SECTION, "#|^https?:"), (FIGURE, "#fig-")]
    for text in source.cells:
        prose = masked(text)
        for named, target in kinds:
            for found in named.finditer(prose):
                start, end = sentence_of(text, *found.span())
                if not leads(text[start:end], target):
                    complaints.append(f"{source.path}: no link: {text[start:end].strip()!r}")
        for found in NUMBERED.finditer(prose):
            title = f"(?i)^(?:{found[1]} )?{found[2]}[.:]"
            if any(re.match(title, known) for known in headings(source.path).values()):
                around = text[max(0, found.start() - 30) : found.end() + 30]
                complaints.append(f"{source.path}: no link: …{around!r}…")
        for found in LINK.finditer(text):
            numbered = NUMBERED.fullmatch(found[1])
            if numbered and not re.search(rf"#(?:{numbered[1].lower()}-)?{numbered[2]}-", found[2]):
                complaints.append(f"{source.path}: {found[0]} leads to another one")
    return complaints


def dead_links(source: Source) -> list[str]:
    """Complain about relative links that lead nowhere in the folder as it is, without a build."""
    complaints = []
    for text in source.cells:
        for found in LINK.finditer(text):
            file, _, place = found[2].partition("#")
            if re.match(r"[a-z]+:", file) or not (file or place):
                continue
            target = ((ROOT / source.path).parent / file).resolve() if file else ROOT / source.path
            known = places(target.relative_to(ROOT).as_posix()) if target.is_file() else None
            if known is None:
                complaints.append(f"{source.path}: {found[2]} does not exist")
            elif place and place not in known:
                nearest = difflib.get_close_matches(place, known, n=1) or ["nothing like it"]
                complaints.append(
                    f"{source.path}: {found[2]} leads to no heading, figure or term; "
                    f"there is {nearest[0]}"
                )
    return complaints


@cache
def places(path: str) -> set[str]:
    """Return what a link to a page can name: headings, figures, the terms of the glossary."""
    if path == "glossary.md":
        return {*headings(path), *map(anchor, terms())}
    if not path.endswith(".ipynb"):
        return set(headings(path)) if path.endswith(".md") else set()
    figures = re.findall(r'"name": "(fig-[^"]+)"', (ROOT / path).read_text(encoding="utf-8"))
    return {*headings(path), *figures}


# The book's sources


@pytest.mark.parametrize("path", CHAPTERS + PAGES)
def test_every_mention_of_a_chapter_section_or_exercise_is_a_link(path: str) -> None:
    assert unlinked_mentions(read(path)) == []


@pytest.mark.parametrize("path", CHAPTERS)
def test_the_first_mention_of_a_term_is_a_link_and_the_only_one(path: str) -> None:
    assert wrong_terms(read(path)) == []


@pytest.mark.parametrize("path", CHAPTERS + PAGES)
def test_every_relative_link_leads_to_a_place_in_the_folder(path: str) -> None:
    assert dead_links(read(path)) == []


def test_the_lists_of_words_name_terms_of_the_glossary() -> None:
    assert {*NOT_ASKED_FOR, *ALSO, *(term for _, term in OTHER_SENSE)} <= set(terms())
    assert {path for path, _ in OTHER_SENSE} <= set(CHAPTERS)
    assert set(titles()) >= TITLES_IN_PROSE


def test_github_shows_the_glossary_as_text() -> None:
    text = (ROOT / "glossary.md").read_text(encoding="utf-8")
    assert ":::{glossary}" in text and "```" not in text  # in a code block no link works


# The checks themselves, on mistakes planted in a small page

ELSEWHERE = "chapters/denoising.ipynb"


def page(*cells: str, path: str = ELSEWHERE) -> Source:
    """Return a page with the given cells."""
    return Source(path, list(cells))


@pytest.mark.parametrize(
    "text",
    [
        "As in Compression and PCA, look.",
        'See the chapter "Sparse autoencoders".',
        "See *The ELBO* for more.",
        "The proof (The ELBO) is short.",
        "It comes back in Reparameterization.",
        "Debug your VAE has a cure.",
        "The next chapter shows it.",
        "This is the subject of the next two chapters.",
        "In the denoising chapter we removed it.",
        "The chapter on documents has pages.",
        'See "Is it white noise?" for the answer.',
        "The next section shows it. A [link](elbo.ipynb#summary) is in another sentence.",
        "The section on noise shows it.",
        "Exercise 2 finds out, and (exercise 3) too.",
        "This is experiment 1 again.",
        "Fig. 3 shows it.",
        "The figure above shows it.",
        "[Exercise 2](#3-a-detector-that-is-too-good) finds out.",
    ],
)
def test_a_mention_without_a_link_is_found(text: str) -> None:
    assert unlinked_mentions(page(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "As in [Compression and PCA](compression_and_pca.ipynb), look.",
        "The ELBO has two terms. Denoising was never asked for a quiet code.",
        '"Reparameterization covers everything" is often said.',
        "The next chapter, [The ELBO](elbo.ipynb), shows it.",
        "This chapter shows it, and every chapter says so.",
        "See [Is it white noise?](denoising.ipynb#is-it-white-noise) for the answer.",
        "The [next section](#summary) shows it; each section opens with a question.",
        "[Exercise 2](#2-the-right-tool-for-gaussian-noise) finds out.",
        "## The next chapter\n\n`the next chapter`\n\n```\nExercise 2\n```",
        "The figure shows it, and [the figure above](#fig-kernels) too.",
        "As in [Goodfellow et al. (2016)](https://example.org), section 14.7.",
    ],
)
def test_a_mention_with_a_link_passes(text: str) -> None:
    assert unlinked_mentions(page(text)) == []


LINKED = "[encoder](../glossary.md#term-encoder)"


@pytest.mark.parametrize(
    "cells",
    [
        ["The encoder is small."],
        ["Two **encoders** are better than one."],
        ["Encoders are small."],
        [f"The encoder is small; the {LINKED} is here."],
        [f"An {LINKED} and an {LINKED}."],
        [f"An {LINKED} is here.", f"An {LINKED} is here."],
        ["Its [sheet](../glossary.md#term-sheet)."],
        ["A Kullback-Leibler divergence is a number."],
        ["The evidence lower bound is a number."],
        ["| an encoder | small |"],
        ["## What you will be able to do\n\nTrain an encoder.", "The encoder is small."],
        [
            "The masking noise is early.",
            "## What are denoising features good for?\n\nMasking noise.",
        ],
    ],
)
def test_a_term_without_its_one_link_is_found(cells: list[str]) -> None:
    assert len(wrong_terms(page(*cells))) == 1


@pytest.mark.parametrize(
    "cells",
    [
        [f"An {LINKED} is here. The encoder is small."],
        ["## The encoder\n\n`encoder` and $encoder$ and [encoder](elbo.ipynb)."],
        ["<details><summary>Answer</summary>The encoder.</details>"],
        ["A text-encoder is an encoderless one."],
        ["## What you will be able to do\n\nTrain an encoder."],
        ["| the encoder is silent | [The KL](#kl) |"],
        ["## What are denoising features good for?\n\n**Masking noise** hides pixels."],
        ["The code is short, at a learning rate; entropy coding helps."],
    ],
)
def test_a_term_with_its_link_or_without_need_of_one_passes(cells: list[str]) -> None:
    assert wrong_terms(page(*cells)) == []


@pytest.mark.parametrize(
    "link",
    ["missing.ipynb", "elbo.ipynb#nowhere", "#nowhere", "../glossary.md#nowhere", "#fig-nothing"],
)
def test_a_link_to_nowhere_is_found(link: str) -> None:
    assert len(dead_links(page(f"See [this]({link})."))) == 1


def test_a_link_to_a_place_passes() -> None:
    links = ["elbo.ipynb", "#summary", "../glossary.md#term-KL-divergence", "https://example.org"]
    assert dead_links(page(*(f"See [this]({link})." for link in links))) == []


# The built pages


def bare_links(book: Book) -> list[str]:
    """Complain about links from a page to a term that carry no note, or one with markup in it."""
    complaints = []
    for one in book.pages:
        for link in one.article.select('a[href*="glossary.html#term-"]'):
            note = link.get("data-note", "")
            if not re.fullmatch(r"[^\\${}<>]{20,}\.", note):
                complaints.append(f"{one.name}: {link.get_text()!r} has the note {note!r}")
    return complaints


def test_every_link_to_a_term_carries_its_note(book: Book) -> None:
    assert bare_links(book) == []
    links = [link for one in book.pages for link in one.article.select("a[data-note]")]
    assert len(links) >= FEWEST_NOTES
    by_name = {link["href"].split("#")[1]: link["data-note"] for link in links}
    assert by_name["term-encoder"] == (
        "The network from an image to a code; in a VAE, to a distribution over codes."
    )
    assert "q(z | x)" in by_name["term-proposal"]  # a formula as plain text


def unlinked_in_docstrings(text: str) -> list[str]:
    """Return where a page made of docstrings, here without its links, still names a chapter."""
    return re.findall(r"Chapters?: [^.]*\w[^.]*\.|chapter [\"“]\w[^\"”]*[\"”]", text)


def test_chapters_that_docstrings_name_are_links(book: Book) -> None:
    article = BeautifulSoup(str(book["api"].article), "html.parser")
    links = article.select('a[href^="chapters/"]')
    assert len(links) > 40
    for link in links:
        link.decompose()
    assert unlinked_in_docstrings(article.get_text()) == []
    assert len(unlinked_in_docstrings("Chapters: ; Denoising. The chapter “Scaling out”.")) == 2


def test_a_docstring_names_chapters_in_two_ways() -> None:
    known = chapter_links.titles(ROOT / "chapters")
    text = 'The ELBO is here. Chapters: The\nELBO; Denoising. The chapter "Denoising" too.'
    assert chapter_links.link(text, known) == (
        "The ELBO is here. Chapters: :doc:`The ELBO </chapters/elbo>`; "
        ":doc:`Denoising </chapters/denoising>`. "
        'The chapter ":doc:`Denoising </chapters/denoising>`" too.'
    )


def test_a_note_is_the_first_sentence_with_its_formulas_as_text() -> None:
    entry = nodes.paragraph("", "A draw of\n0.69 from ", nodes.math("", r"q(z \mid x)"))
    entry += nodes.Text("; see *x*. A second one. A link")
    assert glossary_notes.first_sentence(entry) == "A draw of 0.69 from q(z | x); see *x*."
    with pytest.raises(Exception, match="cannot show"):
        glossary_notes.plain(r"\frac{1}{2}")


@pytest.fixture(scope="module")
def opened(book: Book, browser: Any) -> Iterator[Visit]:
    """A chapter in a browser."""
    with Visit(browser, book["chapters/scaling_out"]) as visit:
        yield visit


@pytest.fixture
def visit(opened: Visit) -> Visit:
    """The chapter, with the mouse and the focus elsewhere and a term in the middle."""
    opened.look(1280, "light")
    opened.tab.mouse.move(2, 2)
    opened.tab.evaluate("document.activeElement.blur()")
    opened.tab.keyboard.press("Escape")
    opened.tab.locator("a[data-note]").first.evaluate("a => a.scrollIntoView({block: 'center'})")
    return opened


NOTES = "() => [...document.querySelectorAll('.glossary-note')].filter(n => !n.hidden).length"

WATCH = """() => {
    window.notesShown = 0;
    new MutationObserver(changes => changes.forEach(change => {
        if (!change.target.hidden) window.notesShown += 1;
    })).observe(document.body, {subtree: true, attributeFilter: ["hidden"]});
}"""


def test_a_note_shows_under_the_mouse_and_stays_while_the_mouse_is_on_it(visit: Visit) -> None:
    tab = visit.tab
    link = tab.locator("a[data-note]").first
    note = tab.locator(f"#{link.get_attribute('aria-describedby')}")
    assert not note.is_visible()
    link.hover()
    assert note.is_visible()
    assert note.inner_text() == link.get_attribute("data-note")
    assert visit.violations() == []
    note.hover()
    tab.wait_for_timeout(500)
    assert note.is_visible()
    tab.mouse.move(2, 2)
    tab.wait_for_timeout(500)
    assert not note.is_visible()


def test_a_note_shows_with_the_keyboards_focus_and_goes_by_escape(visit: Visit) -> None:
    tab = visit.tab
    link = tab.locator("a[data-note]").first
    note = tab.locator(f"#{link.get_attribute('aria-describedby')}")
    assert note.get_attribute("role") == "tooltip"
    tab.keyboard.press("Tab")  # from here on the focus is the keyboard's
    link.focus()
    assert note.is_visible()
    tab.keyboard.press("Escape")
    assert not note.is_visible()
    assert link.evaluate("link => link === document.activeElement")
    second = tab.locator("a[data-note]").nth(1)
    second.focus()
    assert tab.evaluate(NOTES) == 1
    tab.keyboard.press("Tab")  # perhaps to the next term, which then shows its own
    assert not tab.locator(f"#{second.get_attribute('aria-describedby')}").is_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_note_stays_inside_the_window(visit: Visit, width: int) -> None:
    visit.look(width, "light")
    for link in visit.tab.locator("a[data-note]").all():
        link.evaluate("a => a.scrollIntoView({block: 'end'})")
        link.hover()
        note = visit.tab.locator(f"#{link.get_attribute('aria-describedby')}")
        box = note.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900
        visit.tab.keyboard.press("Escape")


def test_a_finger_follows_the_link_and_meets_no_note(book: Book, browser: Any) -> None:
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 800})
    tab = context.new_page()
    tab.goto(book["chapters/scaling_out"].file.as_uri())
    tab.locator("a[data-note]").first.evaluate(
        "a => a.addEventListener('click', event => event.preventDefault())"
    )
    tab.evaluate(WATCH)
    tab.locator("a[data-note]").first.tap()
    assert tab.evaluate("window.notesShown") == 0
    tab.locator("a[data-note]").nth(1).tap()
    tab.wait_for_url("**/glossary.html#term-*")
    context.close()


def test_on_paper_a_term_is_a_plain_link(visit: Visit) -> None:
    link = visit.tab.locator("a[data-note]").first
    link.hover()
    assert visit.tab.locator(".glossary-note").first.is_visible()
    visit.tab.emulate_media(media="print")
    assert not visit.tab.locator(".glossary-note").first.is_visible()
    assert link.evaluate("link => getComputedStyle(link).textDecorationStyle") == "solid"
    visit.tab.emulate_media(media="screen")
