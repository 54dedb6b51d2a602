"""What of a chapter's page goes on slides, and what into the speaker's notes.

A section opens a column of slides, and goes down. By rule

- a slide of words has the first sentences of its paragraphs, and those with words in bold;
- a figure, drawing, table or printed result has a slide of its own, with the words before it;
- a formula stands below the sentence that leads to it;
- a question for the room ("Before you look", "Predict") has a slide of its own;
- claims are listed, each with what was measured;
- code is shown if it is short, unfolded, and defines something;
- a question of "Check yourself" shows its options, and then the right one with the reason;
- every paragraph is in the notes as a whole.

A cell says otherwise by the usual metadata, "slideshow": {"slide_type": ...}: `skip` leaves it out,
`notes` keeps it for the notes, `slide` and `subslide` show all of it on a slide of its own, and
`fragment` shows all of it, one step later (see _ext/slide_marks.py). To `skip` a cell that begins a
section is to leave out the section.
"""

import copy
import math
import re
import textwrap
from dataclasses import dataclass, field

from bs4 import Tag

from tools.slides.words import MAKER, num_words, paragraph, plain, sentences

MOST_WORDS = 60  # on a slide of words
WORDS_BESIDE = 40  # above a figure or a formula
LATE_WORDS = 70  # words after a figure that are worth a slide
LINES_OF_CODE = 15
LINES_PRINTED = 16
ITEMS = 6  # in one list, and rows of a table
CLAIMS = 5
LEFT_OUT = ("further-reading",)
FRAME = ("what-you-will-be-able-to-do", "summary")  # what they print is about the run
VOTE = re.compile(r"^(Before you|Predict|Guess)")
DEFINES = re.compile(r"(?m)^\s*(def|class) |keras\.|layers\.")
HEADING = re.compile("^h[1-6]$")


@dataclass
class Slide:
    """One slide: its heading, what it shows, and the speaker's notes."""

    title: Tag | None
    kind: str = "words"
    parts: list[Tag] = field(default_factory=list)
    notes: list[Tag] = field(default_factory=list)

    @property
    def words(self) -> int:
        """How many words it shows."""
        return sum(num_words(part) for part in self.parts)


Column = list[Slide]


def tag(name: str, parts: list | str = "", **attributes: str) -> Tag:
    """Return a new element."""
    made = MAKER.new_tag(name, attrs=attributes)
    made.extend([parts] if isinstance(parts, str) else parts)
    return made


def columns(article: Tag) -> list[Column]:
    """Return the slides of a page, a column for each section."""
    whole = article.find("section")
    found = [opening(Picker().run(whole, own_only=True))]
    for section in whole.find_all("section", recursive=False):
        if section["id"] in LEFT_OUT or marked(section) == "skip":
            continue
        special = {"check-yourself": questions, "exercises": exercises}.get(section["id"])
        found.append(special(section) if special else Picker().run(section))
    return [column for column in found if column]


def opening(slides: Column) -> Column:
    """Return the title slide, with the first drawing, and the formulas of the first words, if any.

    The words themselves are for the speaker.
    """
    title = Slide(
        copy.copy(slides[0].title), "title", notes=[note for one in slides for note in one.notes]
    )
    others = []
    for one in slides:
        if one.kind in ("drawing", "figure") and not title.parts:
            title.parts += [part for part in one.parts if part.name != "p"]
        elif any(part.name != "p" for part in one.parts):
            others.append(one)
    return [title, *others]


def heading(section: Tag) -> Tag:
    """Return the words of a section's heading, without its level."""
    title = copy.copy(section.find(HEADING, recursive=False))
    for link in title.select("a.headerlink"):
        link.decompose()
    title.name = "h2"
    return title


def marked(block: Tag) -> str:
    """Return the type of slide that the metadata of its cell asks for, if any."""
    found = re.search(r"\bslide_(\w+)", " ".join(block.get("class", ())))
    return found[1] if found else ""


class Picker:
    """Walks through a section and fills slides."""

    def __init__(self) -> None:
        self.slides: list[Slide] = []
        self.title: Tag | None = None
        self.is_frame = False
        self.claims: list[Tag] = []
        self.late: list[Tag] = []  # paragraphs after a figure
        self.lead: Tag | None = None  # the sentence before a formula

    @property
    def slide(self) -> Slide:
        """The slide that is being filled."""
        return self.slides[-1]

    def run(self, section: Tag, own_only: bool = False) -> Column:
        """Return the slides of a section; of its subsections, too, unless `own_only`."""
        self.walk(section, own_only)
        return [one for i, one in enumerate(self.slides) if one.parts or self.divides(i)]

    def divides(self, i: int) -> bool:
        """Whether an empty slide is the title of others that have titles of their own."""
        after = [one for one in self.slides[i + 1 :] if one.parts]
        return i == 0 and (not after or plain(after[0].title) != plain(self.slides[0].title))

    def walk(self, section: Tag, own_only: bool = False) -> None:
        """Add the slides of a section."""
        self.title = heading(section)
        self.is_frame = section["id"] in FRAME
        self.new()
        for block in section.find_all(True, recursive=False):
            if block.name == "section":
                if not own_only and marked(block) != "skip":
                    self.end()
                    self.walk(block)
            elif not HEADING.match(block.name):
                self.block(block)
        self.end()

    def new(self, kind: str = "words") -> Slide:
        """Begin a slide with the heading of the section."""
        made = Slide(copy.copy(self.title), kind)
        self.slides.append(made)
        return made

    def end(self) -> None:
        """Show what was kept back."""
        self.show_late()
        self.show_claims()

    def block(self, block: Tag) -> None:
        """Put one block where it belongs."""
        wish = marked(block)
        if wish == "skip":
            return
        if wish == "notes":
            self.slide.notes.append(copy.copy(block))
        elif wish in ("slide", "subslide", "fragment"):
            self.whole(block, wish)
        elif "cell" in block.get("class", ()):
            self.cell(block)
        elif block.name == "p":
            self.text(block)
        elif is_formula(block):
            self.formula(block)
        elif block.name in ("ul", "ol"):
            self.items(block)
        elif block.name == "figure" or "pst-scrollable-table-container" in block.get("class", ()):
            self.picture(block, "drawing" if block.name == "figure" else "table")
        elif block.name == "blockquote":
            self.slide.parts.append(copy.copy(block))
        elif block.name == "details":
            self.slide.notes += [copy.copy(one) for one in block.find_all("p")]

    def whole(self, block: Tag, wish: str) -> None:
        """Show a block unshortened, as its cell's metadata asks."""
        self.end()
        shown = copy.copy(block)
        for unwanted in shown.select("details.hide"):
            unwanted.decompose()
        if wish == "fragment":
            shown["class"] = [*shown.get("class", ()), "fragment"]
        else:
            self.new()
        self.slide.parts.append(shown)

    def text(self, block: Tag) -> None:
        """Show the gist of a paragraph, keep all of it for the notes."""
        said = sentences(block)
        start = next((i for i, one in enumerate(said) if VOTE.match(plain(one))), None)
        if start is not None and any("?" in plain(one) or "redict" in plain(one) for one in said):
            self.vote(block, said, start)
            return
        self.slide.notes.append(copy.copy(block))
        if self.slide.kind != "words":
            self.late.append(block)
            return
        self.gist(said)

    def gist(self, said: list[Tag]) -> None:
        """Show the first sentences of a paragraph, and those with words in bold."""
        first = 2 if not self.slide.parts else 1
        for i, one in enumerate(said):
            if plain(one).startswith("("):
                continue
            room = MOST_WORDS - self.slide.words
            if (i < first or one.find("strong")) and num_words(one) <= room:
                self.slide.parts.append(paragraph([one]))
        self.lead = said[-1] if plain(said[-1]).endswith(":") or len(said) == 1 else None

    def vote(self, block: Tag, said: list[Tag], start: int) -> None:
        """Ask the room."""
        self.end()
        slide = self.new("vote")
        before = start
        while before and sum(map(num_words, said[before - 1 :])) <= MOST_WORDS + 20:
            before -= 1
        if said[before:start]:
            slide.parts.append(paragraph(said[before:start]))
        slide.parts.append(paragraph(said[start:]))
        slide.parts[-1]["class"] = "ask"
        slide.notes.append(copy.copy(block))

    def formula(self, block: Tag) -> None:
        """Show a formula below the sentence that leads to it."""
        many = sum(is_formula(part) for part in self.slide.parts) >= 2
        if self.slide.kind != "words" or self.slide.words > MOST_WORDS or many:
            self.late.clear()
            self.new()
        self.take_lead()
        self.slide.parts.append(copy.copy(block))

    def take_lead(self) -> None:
        """Bring the sentence that leads to what comes next to the slide where it is shown."""
        lead, self.lead = self.lead, None
        if lead is None:
            return
        for slide in self.slides[-2:]:
            for part in slide.parts[-1:]:
                if part.name == "p" and plain(part) == plain(lead):
                    slide.parts.remove(part)
        self.slide.parts.append(paragraph([copy.copy(lead)]))

    def items(self, block: Tag) -> None:
        """Show a list, the first sentence of each item; a long one on several slides."""
        self.slide.notes.append(copy.copy(block))
        items = block.find_all("li", recursive=False)
        for start in range(0, len(items), ITEMS):
            if self.slide.kind != "words" or self.slide.words > WORDS_BESIDE or start:
                self.new()
            if not start:
                self.take_lead()
            part = tag(block.name, [short_item(one) for one in items[start : start + ITEMS]])
            if block.name == "ol":
                part["start"] = str(int(block.get("start", 1)) + start)
            self.slide.parts.append(part)

    def picture(self, block: Tag, kind: str) -> None:
        """Give a figure, drawing, table or print a slide, with the words before it if few."""
        before = self.slide
        shown = sum(1 for part in before.parts if part.name != "p")
        if before.kind != "words" or before.words > WORDS_BESIDE or shown:
            self.show_late()
            self.new()
        self.slide.kind = kind
        if kind == "table":
            self.rows(block)
        else:
            self.slide.parts.append(copy.copy(block))

    def rows(self, block: Tag) -> None:
        """Show a table, a long one on several slides."""
        rows = block.select("tbody tr")
        for start in range(0, len(rows), ITEMS):
            if start:
                self.new("table")
            part = copy.copy(block)
            for i, row in enumerate(part.select("tbody tr")):
                if not start <= i < start + ITEMS:
                    row.decompose()
            self.slide.parts.append(part)

    def cell(self, cell: Tag) -> None:
        """Show what a cell of the notebook shows: code, figure, printed lines, claims."""
        classes = cell.get("class", ())
        if "tag_hide-cell" in classes:
            return
        code = cell.select_one(":scope > .cell_input")
        if code is not None and DEFINES.search(code.get_text()):
            lines = [line for line in code.get_text().strip().splitlines() if line.strip()]
            if 3 <= len(lines) <= LINES_OF_CODE:
                self.show_late()
                self.new("code").parts.append(copy.copy(code.select_one("div[class*=highlight-]")))
        place = cell.select_one(".live")
        for figure in cell.select(".cell_output figure"):
            self.picture(figure, "figure")
        if place is not None:
            self.living(place)
        for printed in cell.select(".cell_output .stream pre"):
            lines = textwrap.dedent(printed.get_text().strip("\n")).splitlines()
            if 2 <= len(lines) <= LINES_PRINTED and not self.is_frame:
                self.picture(tag("pre", "\n".join(lines)), "printed")
        self.claims += cell.select(".claim:not(.claim-check)")

    def living(self, place: Tag) -> None:
        """Give a living figure a slide without its picture, which has one of its own."""
        shown = copy.copy(place)
        shown.clear()
        still = tag("div", **{"class": "live-still"})
        shown.append(still)
        self.new("living").parts.append(shown)

    def show_late(self) -> None:
        """Show the gist of what is said after a figure, if it is much; else it is in the notes."""
        late, self.late = self.late, []
        if sum(num_words(one) for one in late) < LATE_WORDS:
            return
        self.new()
        for one in late:
            self.gist(sentences(one))

    def show_claims(self) -> None:
        """List the claims that have come up, each with what was measured."""
        claims, self.claims = self.claims, []
        if not claims:
            return
        size = math.ceil(len(claims) / math.ceil(len(claims) / CLAIMS))  # as many on each
        for start in range(0, len(claims), size):
            slide = self.new("claims")
            some = claims[start : start + size]
            slide.parts.append(tag("ul", [claim_line(one) for one in some]))
            slide.notes += [tag("p", plain(one)) for one in some]


def is_formula(block: Tag) -> bool:
    """Whether a block is a formula in a line of its own."""
    return (block.name == "div" and "math" in block.get("class", ())) or block.name == "math"


def short_item(item: Tag) -> Tag:
    """Return an item of a list with its first sentence only."""
    block = item.find("p", recursive=False) or item
    said = sentences(block)
    kept = said[:1] if num_words(block) > 30 else said
    return tag("li", [copy.copy(one) for one in kept])


def claim_line(claim: Tag) -> Tag:
    """Return a claim as one line: the sentence, what was measured, and its range over the seeds."""
    sentence = copy.copy(claim.select_one(".claim-sentence"))
    numbers = claim.select_one(".claim-numbers")
    text = plain(numbers).strip("()") if numbers else ""
    kept = [part for part in text.split(", ") if not part.startswith("must be")]
    line = tag("li", [sentence])
    if text:
        line.extend([" ", tag("span", ", ".join(kept), **{"class": "measured"})])
    return line


def questions(section: Tag) -> Column:
    """Return a slide for each question: its options, then the right one and why."""
    title = heading(section)
    column: Column = []
    for block in section.find_all(True, recursive=False):
        if block.name == "p" and re.match(r"\d+\.", plain(block)):
            column.append(Slide(copy.copy(title), "question", [copy.copy(block)]))
            column[-1].parts.append(tag("ol", **{"class": "options"}))
        elif block.name == "details" and column:
            add_option(column[-1], block)
    return column


def add_option(slide: Slide, option: Tag) -> None:
    """Add an option, and what is to be said of it."""
    reason = [copy.copy(one) for one in option.find_all("p", recursive=False)]
    line = tag("li", [copy.copy(child) for child in option.summary.children])
    slide.parts[1].append(line)
    if plain(reason[0]).startswith("Right:"):
        line["class"] = "right"
        letter = "ABCDEFGH"[len(slide.parts[1].find_all("li", recursive=False)) - 1]
        reason[0].insert(0, tag("strong", f"{letter}. "))
        slide.parts.insert(2, tag("div", reason, **{"class": "answer fragment"}))
    else:
        slide.notes += [tag("p", [tag("strong", plain(line) + " ")]), *reason]


def exercises(section: Tag) -> Column:
    """Return one slide with the titles of the exercises; their text is in the notes."""
    slide = Slide(heading(section), "words")
    titles = []
    for one in section.find_all("section", recursive=False):
        name = heading(one)
        name.name = "li"
        name.string = re.sub(r"^\d+\. ", "", plain(name))
        titles.append(name)
        slide.notes += [copy.copy(p) for p in one.find_all("p", recursive=False)]
    slide.parts = [tag("ol", titles)]
    return [slide]
