"""What every notebook of the book must be, read from its file; nothing is executed here.

Each check is a function that returns the list of its complaints; planted faults show that it works.
"""

import ast
import copy
import math
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from tools import evidence, fingerprint, reading_time, set_address, toc

ROOT = toc.ROOT
ADDRESS = set_address.current()
LARGEST = 1_000_000  # bytes
MOST_LINES = 10  # of 76 columns, in the median code cell that is not folded
FEWEST_CLAIMS = 6
FEWEST_SYMPTOMS = 15  # in the chapter that cures them
COLUMNS = 76  # of code that a page shows on a laptop
LONGEST_READ = 40  # minutes
NUM_FACTS = 5  # at the end of a chapter
SMALLEST_NUMBER = 13  # whole numbers below this count things in the text
SHORTEST_ALT = 20  # characters: less cannot say what a figure shows
FEWEST_QUESTIONS = 8  # for a chapter's readers to check themselves by
MOST_ALIKE = 0.6  # of a chapter's questions may give the right option away in the same manner
LONGEST_OPTION = 12  # words, of a guess

Check = Callable[[NotebookNode], list[str]]


# Small helpers


def cells(notebook: NotebookNode, kind: str) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the cells of a kind with their numbers, counted from 1."""
    return ((i, cell) for i, cell in enumerate(notebook.cells, start=1) if cell.cell_type == kind)


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def printed(cell: NotebookNode) -> str:
    """Return what a cell wrote to standard output and as plain text."""
    streams = [output.text for output in cell.outputs if output.get("name") == "stdout"]
    return "".join(
        streams + [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    )


def num_images(cell: NotebookNode) -> int:
    """Return how many of a cell's outputs are pictures."""
    return sum(
        any(kind.startswith("image/") for kind in output.get("data", ())) for output in cell.outputs
    )


def claims(cell: NotebookNode, names: tuple[str, ...] = ("claim", "check")) -> list[ast.Call]:
    """Return the calls of `claim` and `check` in a code cell."""
    return list(fingerprint.calls(fingerprint.parsed(cell.source), names))


def headings(notebook: NotebookNode) -> list[tuple[int, str]]:
    """Return the level and text of every heading outside code blocks."""
    text = "\n".join(cell.source for _, cell in cells(notebook, "markdown"))
    text = re.sub(r"(?ms)^(```|~~~).*?^\1", "", text)
    return [(len(marks), title) for marks, title in re.findall(r"(?m)^(#{1,6}) +(.+)$", text)]


def prose(cell: NotebookNode) -> str:
    """Return the text of a Markdown cell without code and mathematics."""
    text = re.sub(r"(?ms)^(```|~~~).*?^\1", "", cell.source)
    return re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", "", text, flags=re.DOTALL)


# The checks


def check_executed(notebook: NotebookNode) -> list[str]:
    """Every code cell was executed, in order, from a fresh kernel."""
    for expected, (i, cell) in enumerate(cells(notebook, "code"), start=1):
        if cell.execution_count != expected:
            return [f"cell {i} has execution count {cell.execution_count}, not {expected}"]
    return []


def check_outputs(notebook: NotebookNode) -> list[str]:
    """No stored output is an error or standard error."""
    found = []
    for i, cell in cells(notebook, "code"):
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"cell {i} has an error: {output.ename}")
            if output.get("name") == "stderr":
                found.append(f"cell {i} stores standard error: {output.text[:60]!r}")
    return found


def check_title(notebook: NotebookNode) -> list[str]:
    """The first cell begins with the only title, and no level of headings is left out below it."""
    found = []
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        found.append("the first cell must be Markdown that begins with '# ' and the title")
    levels = [level for level, _ in headings(notebook)]
    if levels.count(1) != 1:
        found.append(f"there must be one title ('# '), but there are {levels.count(1)}")
    for (before, _), (after, title) in zip(
        headings(notebook), headings(notebook)[1:], strict=False
    ):
        if after > before + 1:
            found.append(f"the heading {title!r} leaves out a level")
    return found


def check_first_cell(notebook: NotebookNode) -> list[str]:
    """The first code cell is the course's, with its present address."""
    i, cell = next(cells(notebook, "code"))
    if cell.source == ADDRESS.first_cell() and not cell.outputs:
        return []
    return [f"cell {i} must be exactly tools.set_address's first cell, without output"]


def check_sections(notebook: NotebookNode) -> list[str]:
    """The sections that every chapter has are there."""
    titles = [title.lower() for _, title in headings(notebook)]
    wanted = ["What you will be able to do", "Summary", "Exercises", "Further reading"]
    return [f"no section '{want}'" for want in wanted if not any(want.lower() in t for t in titles)]


def check_figures(notebook: NotebookNode) -> list[str]:
    """Every picture is alone in its cell and has alternative text, a caption and a name."""
    found = []
    names = []
    for i, cell in cells(notebook, "code"):
        if not num_images(cell):
            continue
        if num_images(cell) > 1:
            found.append(
                f"cell {i} has {num_images(cell)} pictures; a caption can belong to one only"
            )
        myst = cell.metadata.get("mystnb", {})
        alt = myst.get("image", {}).get("alt", "")
        caption = myst.get("figure", {}).get("caption", "")
        names.append(myst.get("figure", {}).get("name", ""))
        if len(alt) < SHORTEST_ALT or re.search(r"\.(png|svg|jpe?g|gif)\b|/", alt):
            found.append(
                f"cell {i}: the alternative text must say what the picture shows, but is {alt!r}"
            )
        if len(caption) < SHORTEST_ALT:
            found.append(f"cell {i}: the caption must say what to see, but is {caption!r}")
        if alt and alt == caption:
            found.append(f"cell {i}: the alternative text repeats the caption")
        if not re.fullmatch(r"fig-[a-z0-9-]+", names[-1]):
            found.append(
                f"cell {i}: the figure's name must look like fig-something, but is {names[-1]!r}"
            )
    return found + [
        f"two figures are called {name}" for name in set(names) if names.count(name) > 1
    ]


def check_claims(notebook: NotebookNode) -> list[str]:
    """There are enough claims; each is a plain sentence, compared by nbval, and holds."""
    found = []
    count = 0
    for i, cell in cells(notebook, "code"):
        calls = claims(cell)
        count += sum(fingerprint.name_of(call) == "claim" for call in calls)
        if calls and "nbval-ignore-output" in tags(cell):
            found.append(f"cell {i} has a claim, so nbval must not ignore its output")
        if calls and num_images(cell):
            found.append(f"cell {i} has a claim and a picture; a caption would belong to both")
        for call in calls:
            sentence = (
                call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
            )
            word = "Claim holds" if fingerprint.name_of(call) == "claim" else "Checked"
            if not isinstance(sentence, str):
                found.append(f"cell {i}: a claim's first argument must be a plain string")
            elif f"{word}: {sentence}" not in printed(cell):
                found.append(f"cell {i}: no output says that this claim holds: {sentence!r}")
    if count < FEWEST_CLAIMS:
        found.append(f"there are {count} claims, fewer than {FEWEST_CLAIMS}")
    return found


def check_columns(notebook: NotebookNode) -> list[str]:
    """No line of code or of what it printed is wider than a page, and no comment is an essay."""
    found = []
    for i, cell in list(cells(notebook, "code"))[1:]:  # the first holds the course's address
        lines = cell.source.splitlines()
        if wide := [line for line in lines if len(line) > COLUMNS]:
            found.append(f"cell {i} has a line of {max(map(len, wide))} columns, over {COLUMNS}")
        for k in range(len(lines) - 3):
            if all(line.lstrip().startswith("# ") for line in lines[k : k + 4]):
                found.append(f"cell {i} explains in comments what belongs into the text")
                break
        output = "\n".join(o.text for o in cell.outputs if o.output_type == "stream")
        if wide := [line for line in output.splitlines() if len(line) > COLUMNS]:
            found.append(f"cell {i} printed a line of {max(map(len, wide))} columns")
    return found


def check_time(notebook: NotebookNode) -> list[str]:
    """The time that the page states is honest, and short enough."""
    minutes = reading_time.minutes(notebook)
    found = []
    if minutes > LONGEST_READ:
        found.append(f"it takes {minutes:.0f} minutes to read, over {LONGEST_READ}")
    text = "\n".join(cell.source for _, cell in cells(notebook, "markdown"))
    stated = re.findall(r"\*\*Time:\*\* about (\d+) minutes to read", text)
    if len(stated) != 1:
        return [*found, "it must say once '**Time:** about N minutes to read'"]
    if not minutes - 1 <= int(stated[0]) <= minutes + 6:
        found.append(f"it says {stated[0]} minutes, but takes {minutes:.0f}")
    return found


def check_facts(notebook: NotebookNode) -> list[str]:
    """The summary begins with a numbered list of the main facts, each with its number."""
    text = "\n\n".join(cell.source for _, cell in cells(notebook, "markdown"))
    summary = re.split(r"(?m)^## .*Summary.*$", text)[-1]
    summary = re.split(r"(?m)^## ", summary)[0]
    facts = re.findall(r"(?ms)^\d+\. (.*?)(?=^\d+\. |^[^\s\d]|\Z)", summary)
    found = []
    if len(facts) != NUM_FACTS:
        found.append(
            f"the summary must list {NUM_FACTS} facts, 1. to {NUM_FACTS}., not {len(facts)}"
        )
    return found + [
        f"this fact has no number: {f.strip()!r}" for f in facts if not re.search(r"\d", f)
    ]


NUMBER = re.compile(r"(?<![\w.,/^])\d+(?:,\d{3})*(?:\.\d+)?(?![\w/]|\.\d|,\d)")


def number(token: str) -> float:
    """Return the value of a number as text writes it."""
    return float(token.replace(",", ""))


def numbers_shown(notebook: NotebookNode) -> list[float]:
    """Return the numbers in a page's outputs, in its code, and in the evidence that claims show."""
    found = []
    for _, cell in cells(notebook, "code"):
        found += [number(token) for token in re.findall(r"\d[\d_]*\.?\d*(?:e-?\d+)?", cell.source)]
        rich = " ".join(o.get("data", {}).get("text/html", "") for o in cell.outputs)
        text = printed(cell) + " " + re.sub(r"<[^>]*>", " ", rich)
        found += [number(t) for t in re.findall(r"\d[\d,]*\.?\d*(?:e[+-]?\d+)?", text)]
    return found


def is_shown(token: str, percent: bool, shown: list[float]) -> bool:
    """Say whether the page shows a number of the text, rounded as the text rounds it."""
    value = number(token)
    decimals = len(token.partition(".")[2])
    digits = len(token.replace(",", "").replace(".", "").strip("0"))
    for other in shown:
        for scaled in (other, 100 * other, 100 * (1 - other)) if percent else (other,):
            if round(scaled, decimals) == value:
                return True
            if not decimals and scaled and digits and float(f"{scaled:.{digits}g}") == value:
                return True
    return False


def check_numbers(notebook: NotebookNode) -> list[str]:
    """Every number of the text is one that the page shows, or stands beside its source.

    Not looked at: whole numbers that count things (below 13), years, formulas, code, sentences
    that cite a work or state the time, and the exercises.
    """
    shown = numbers_shown(notebook)
    found = []
    for i, cell in cells(notebook, "markdown"):
        if re.search(r"(?m)^#+ .*Exercises", cell.source):
            break  # what follows sets tasks, whose numbers are given
        text = re.sub(r"(?m)^#+ .*$|^\s*\d+\.(?= )", "", prose(cell))
        for sentence in re.split(r"(?<=[.!?:])\s+(?=[A-Z*])|\n\n|\n[-|]", text):
            if re.search(r"\]\(https?://|\*\*Time:\*\*", sentence):  # check_time sees to it
                continue
            for match in NUMBER.finditer(re.sub(r"\]\([^)]*\)|~", " ", sentence)):
                token = match[0]
                whole = "." not in token
                if whole and (number(token) < SMALLEST_NUMBER or 1900 <= number(token) <= 2030):
                    continue
                after = match.string[match.end() : match.end() + 20]
                percent = re.match(r"(?: (?:to|and|or) [\d.]+)?\s*(?:%|per cent)", after)
                if not is_shown(token, bool(percent), shown):
                    found.append(f"cell {i}: no output shows {token}: {sentence.strip()[:70]!r}")
    return found


def check_data_source(notebook: NotebookNode) -> list[str]:
    """If the notebook loads Fashion-MNIST, it says once from where, and that is not the sample."""
    if not any("load_fashion_mnist" in cell.source for _, cell in cells(notebook, "code")):
        return []
    saying = [
        (i, cell) for i, cell in cells(notebook, "code") if "Fashion-MNIST from " in printed(cell)
    ]
    if len(saying) != 1:
        return [f"one cell must print data.describe(), but {len(saying)} do"]
    i, cell = saying[0]
    found = []
    if "bundled sample" in printed(cell):
        found.append(
            f"cell {i}: the stored outputs are from the bundled sample, not from the full set"
        )
    if "nbval-ignore-output" not in tags(cell):
        found.append(f"cell {i} prints the data's source, so it needs the tag nbval-ignore-output")
    return found


def check_cell_lengths(notebook: NotebookNode) -> list[str]:
    """The median code cell that a reader sees is short."""
    lines = [
        sum(bool(line.strip()) for line in cell.source.splitlines())
        for _, cell in list(cells(notebook, "code"))[1:]  # the first is the same everywhere
        if not reading_time.FOLDED & set(tags(cell))
    ]
    median = statistics.median(lines)
    return (
        []
        if median <= MOST_LINES
        else [f"the median code cell has {median} lines, over {MOST_LINES}"]
    )


def check_solutions(notebook: NotebookNode) -> list[str]:
    """Hidden solutions, in code, follow the heading of the exercises."""
    after = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.search(r"(?mi)^#+ .*exercises", cell.source):
            after = True
        if after and cell.cell_type == "code" and "hide-cell" in tags(cell):
            return []
    return ["no code cell tagged hide-cell follows the heading Exercises"]


def check_markdown(notebook: NotebookNode) -> list[str]:
    """The text is plain Markdown: Colab and GitHub show MyST's syntax raw."""
    patterns = {
        "a directive": r"(?m)^\s*(?:```+|~~~+|:::+) *\{",
        "a colon fence": r"(?m)^\s*:::",
        "a role": r"\{[a-zA-Z][\w:+.-]*\}`",
        "a label": r"(?m)^\([\w:.-]+\)= *$",
        "a substitution": r"\{\{.+?\}\}",
        "a block break": r"(?m)^\+\+\+",
    }
    found = []
    for i, cell in cells(notebook, "markdown"):
        text = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", "", cell.source, flags=re.DOTALL)
        for what, pattern in patterns.items():
            if match := re.search(pattern, text):
                found.append(f"cell {i} has {what} of MyST: {match[0].strip()!r}")
    return found


def check_backend(notebook: NotebookNode) -> list[str]:
    """No cell uses TensorFlow itself, unless it asks for the backend first."""
    found = []
    for i, cell in cells(notebook, "code"):
        tree = fingerprint.parsed(cell.source)
        names = [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        ]
        names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names += [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        raw = [name for name in names if name.split(".")[0] in ("tensorflow", "tf")]
        if raw and "backend()" not in cell.source:
            found.append(f"cell {i} uses {raw[0]} where Keras has the same")
    return found


def is_test_data(node: ast.AST) -> bool:
    """Say whether a name is one of the test set's, such as `x_test` or `data.y_test`."""
    name = getattr(node, "id", getattr(node, "attr", ""))
    method = name.startswith("test_on")  # Keras' `test_on_batch`, which takes any batch
    return isinstance(node, (ast.Name, ast.Attribute)) and "test" in name.split("_") and not method


CHOOSES = re.compile(r"fit|train|min$|max$|argmin|argmax|argsort|sorted|sort|score|choose|select")


def check_no_leak(notebook: NotebookNode) -> list[str]:
    """Test data are named in cells tagged `report` only; nothing trains or chooses by them."""
    found = []
    for i, cell in cells(notebook, "code"):
        tree = fingerprint.parsed(cell.source)
        named = sorted({ast.unparse(n) for n in ast.walk(tree) if is_test_data(n)})
        if named and not {"report", "hide-cell"} & set(tags(cell)):
            found.append(
                f"cell {i} uses {named[0]}, so it must be a report, tagged so, or not use it"
            )
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if not CHOOSES.match(fingerprint.name_of(call)):
                continue
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            for node in (node for value in given for node in ast.walk(value)):
                if is_test_data(node):
                    called = fingerprint.name_of(call)
                    found.append(f"cell {i}: {called}(...) is given {ast.unparse(node)}")
    return found


def check_colab_link(notebook: NotebookNode, path: Path) -> list[str]:
    """The text links to this notebook in Colab, by a text and not by a picture from elsewhere."""
    text = "\n".join(cell.source for _, cell in cells(notebook, "markdown"))
    found = [] if f"]({ADDRESS.colab(path)})" in text else [f"no link to {ADDRESS.colab(path)}"]
    if pictures := re.findall(
        r"!\[[^\]]*\]\((https?://[^)\s]+)|<img[^>]+src=[\"'](https?://[^\"']+)", text
    ):
        found.append(f"a picture is loaded from another host: {''.join(pictures[0])}")
    return found


def check_citations(notebook: NotebookNode, bibliography: str) -> list[str]:
    """Works are cited as links to pages that references.bib knows; Further reading has a few."""
    found = []
    name = r"[A-Z][\w'’-]+"
    group = rf"{name}(?: et al\.?|,? (?:and|&) {name})"
    bare = re.compile(rf"(?:{group},? \(?(?:19|20)\d\d|{name} \((?:19|20)\d\d)[a-z]?\)?")
    last = ""
    for i, cell in cells(notebook, "markdown"):
        text = prose(cell)
        for url in re.findall(r"\]\((https?://(?:dx\.)?(?:doi\.org|arxiv\.org)/[^)\s]+)\)", text):
            key = re.sub(r"^https?://[^/]+/(?:abs/|pdf/)?", "", url)
            if key.lower() not in bibliography.lower():
                found.append(f"cell {i}: references.bib does not have {url}")
        for match in bare.findall(re.sub(r"\[[^\]]*\]\([^)]*\)", "", text)):
            found.append(f"cell {i}: this citation is not a link: {match!r}")
        if re.search(r"(?mi)^#+ .*further reading", text):
            last = re.split(r"(?mi)^#+ .*further reading.*$", text)[-1]
        elif last:
            last += text
    if len(re.findall(r"\]\(https?://", last)) < 3:
        found.append("Further reading must link at least three works")
    return found


OPTION = re.compile(r"<details><summary>([^\n]*)</summary>\n\n(.+?)\n\n</details>\n?", re.DOTALL)


def check_options(name: str, text: str, counts: tuple[int, ...] = (3, 4)) -> list[str]:
    """One question, called that, has so many different options in plain text; one is right."""
    question, *_ = text.split("<details>")
    options = OPTION.findall(text)
    found = []
    if not question.strip() or "\n\n" in question.strip():
        found.append("must be asked in one paragraph")
    if OPTION.sub("", text[len(question) :]).strip() or "<" in question:
        found.append("has something else than options in <details> after it")
    if len(options) not in counts:
        found.append(f"has {len(options)} options, not {' or '.join(map(str, counts))}")
    choices = [choice.strip() for choice, _ in options]
    if len(set(choices)) < len(choices):
        found.append("has an option twice")
    found += [
        f"has markup in the option {choice!r}"
        for choice in choices
        if re.search(r"[$*`<>\\]|\]\(", choice)
    ]
    if sum(reason.startswith("Right: ") for _, reason in options) != 1:
        found.append("must have exactly one option that begins with 'Right: '")
    if any(not reason.startswith(("Right: ", "Not quite: ")) for _, reason in options):
        found.append("has an answer that begins neither with 'Right: ' nor with 'Not quite: '")
    return [f"{name} {complaint}" for complaint in found]


def check_questions(notebook: NotebookNode) -> list[str]:
    """Before the exercises, readers of a chapter can check themselves; nothing gives it away."""
    if notebook.cells[0].source.startswith("# Appendix"):
        return []
    places = [i for i, cell in enumerate(notebook.cells) if cell.get("id") == "check-yourself"]
    if len(places) != 1:
        return [f"{len(places)} cells have the id check-yourself, not one"]
    source, *after = (cell.source for cell in notebook.cells[places[0] :][:2])
    found = []
    if not source.startswith("## Check yourself\n"):
        found.append("the questions must begin with the heading '## Check yourself'")
    if not re.search(r"(?m)^## Exercises", "".join(after)):
        found.append("the exercises must follow the questions")
    _, *parts = re.split(r"(?m)^\*\*(\d+)\.\*\* ", source)
    questions = parts[1::2]
    if [int(number) for number in parts[::2]] != list(range(1, len(questions) + 1)):
        found.append(f"the questions are not numbered from 1: {parts[::2]}")
    if len(questions) < FEWEST_QUESTIONS:
        found.append(f"there are {len(questions)} questions, fewer than {FEWEST_QUESTIONS}")
    for number, text in enumerate(questions, start=1):
        found += check_options(f"question {number}", text)
    return found or check_places(questions)


def check_places(questions: list[str]) -> list[str]:
    """Neither the place nor the length of the right options gives them away."""
    right, longest = [], []
    for number, options in enumerate(map(OPTION.findall, questions), start=1):
        right.append([reason.startswith("Right: ") for _, reason in options].index(True))
        lengths = [len(name) for name, _ in options]
        if lengths[right[-1]] > max(lengths[: right[-1]] + lengths[right[-1] + 1 :]):
            longest.append(number)
    found = []
    most = MOST_ALIKE * len(questions)
    if max(map(right.count, right)) > most:
        found.append(f"the right options stand in the same place too often: {right}")
    if len(longest) > most:
        found.append(f"the longest option is the right one in {longest}; at most {most:.0f} may be")
    return found


GUESS = re.compile(r"\*\*(?:Before you (?:run|look|read|train|compute)|Predict)\b")


def check_guesses(notebook: NotebookNode) -> list[str]:
    """What readers are to guess has options, and a result that the page can cover until then."""
    questions, found = [], []
    for i, cell in cells(notebook, "markdown"):
        for prompt in GUESS.finditer(cell.source):
            before, text = cell.source[: prompt.start()], cell.source[prompt.start() :]
            # The options, one below the other, and not what is said after them.
            asked = re.match(
                rf"[^\n](?:(?!\n\n).)*(?:\n\n(?:{OPTION.pattern})+)?", text, re.DOTALL
            )[0]
            place = f"cell {i}: {prompt[0].strip('*')!r}"
            if not re.match(r"[^*]+:\*\* ", text.removeprefix("**")):
                found.append(f"{place} must be the bold beginning of a question, with a colon")
            if before.strip() and not before.endswith("\n\n"):
                found.append(f"{place} must begin a paragraph")
            found += check_options(place, asked, (2, 3))
            for name, _ in OPTION.findall(asked):
                if len(name.split()) > LONGEST_OPTION:
                    found.append(f"{place} has an option of more words: {name!r}")
            questions.append(asked)
    # Few questions cannot be spread over three places.
    return found if found or len(questions) < 4 else check_places(questions)


CHECKS: list[Check] = [
    check_executed,
    check_outputs,
    check_title,
    check_first_cell,
    check_sections,
    check_figures,
    check_claims,
    check_columns,
    check_time,
    check_facts,
    check_numbers,
    check_data_source,
    check_cell_lengths,
    check_solutions,
    check_markdown,
    check_backend,
    check_no_leak,
    check_questions,
    check_guesses,
]


# The book's notebooks


@pytest.fixture(params=toc.notebooks(), ids=str)
def path(request: pytest.FixtureRequest) -> Path:
    """One notebook of the book, relative to the root."""
    return request.param


@pytest.fixture
def notebook(path: Path) -> NotebookNode:
    """Its content."""
    return nbformat.read(ROOT / path, as_version=4)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_notebook(check: Check, notebook: NotebookNode) -> None:
    found = check(notebook)
    assert found == [], "\n".join(found)


def test_notebook_links(notebook: NotebookNode, path: Path) -> None:
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    found = check_colab_link(notebook, path) + check_citations(notebook, bibliography)
    assert found == [], "\n".join(found)


def test_notebook_is_valid_and_small(notebook: NotebookNode, path: Path) -> None:
    nbformat.validate(notebook)
    size = (ROOT / path).stat().st_size
    assert size < LARGEST, f"{path} has {size:,} bytes"


@pytest.mark.parametrize("script", evidence.experiments(), ids=str)
def test_experiment_has_evidence(script: Path) -> None:
    assert evidence.complaints(script) == []


def test_claims_have_evidence(path: Path) -> None:
    found = evidence.complaints(path)
    assert found == [], "\n".join(found)


def test_claims_show_the_bounds_and_the_evidence_of_now(notebook: NotebookNode, path: Path) -> None:
    assert not evidence.restate(copy.deepcopy(notebook)), (
        "an output shows another bound, sentence or spread than the code and the evidence say: "
        f"python -m tools.evidence --restate {path}"
    )


def loosest(values: list[float]) -> tuple[float, float]:
    """Return the bounds that are as far from the seeds' range as the rule allows.

    The distance is at most the width of the range, or a quarter of the value at its end.
    """
    low, high = min(values), max(values)
    return low - max(high - low, abs(low) / 4), high + max(high - low, abs(high) / 4)


def is_tight(values: list[float], low: float, high: float) -> bool:
    """Say whether the bounds are as near to the seeds' range as the rule asks."""
    lowest, highest = loosest(values)
    low_fits = low == -math.inf or low >= lowest - 1e-12
    return low_fits and (high == math.inf or high <= highest + 1e-12)


def check_bounds(notebook: NotebookNode, kept: dict) -> list[str]:
    """The bounds hold on all seeds, and are tight or say why not."""
    found = []
    entries = {entry["sentence"]: entry for entry in kept.get("claims", ())}
    for i, cell in cells(notebook, "code"):
        outputs = [o.metadata["claim"] for o in cell.outputs if "claim" in o.get("metadata", {})]
        calls = claims(cell)
        for call, shown in zip(calls, outputs):
            entry = entries.get(getattr(call.args[0], "value", None))
            if fingerprint.name_of(call) != "claim" or entry is None:
                continue
            values = entry["full"] + entry["sample"]
            low, high = shown.get("above", -math.inf), shown.get("below", math.inf)
            if not all(low <= value <= high for value in values):
                found.append(f"cell {i}: a seed leaves the bound: {entry['sentence']!r}: {values}")
            loose = any(keyword.arg == "loose" for keyword in call.keywords)
            if not loose and not is_tight(values, low, high):
                lowest, highest = loosest(values)
                found.append(
                    f"cell {i}: loose bound: {entry['sentence']!r}: {values}: not below "
                    f"{lowest:.4g} and not above {highest:.4g}"
                )
    return found


def test_bounds_hold_and_are_tight(notebook: NotebookNode, path: Path) -> None:
    found = check_bounds(notebook, evidence.stored(path))
    assert found == [], "\n".join(found)


def test_sentences_differ_between_chapters() -> None:
    sentences = [
        one.key
        for path in toc.notebooks()
        for one in fingerprint.recorded(nbformat.read(ROOT / path, as_version=4))
        if one.kind == "claim"
    ]
    assert sorted(set(sentences)) == sorted(sentences)


def test_every_page_of_the_book_exists() -> None:
    missing = [
        page
        for page in toc.pages()
        if not any((ROOT / page).with_suffix(suffix).is_file() for suffix in (".ipynb", ".md"))
    ]
    assert missing == []


def test_every_notebook_is_in_the_book() -> None:
    listed = set(toc.notebooks())
    there = {path.relative_to(ROOT) for path in (ROOT / "chapters").glob("*.ipynb")}
    assert there - listed == set()


def test_names_of_figures_differ_between_chapters() -> None:
    names = [
        cell.metadata.mystnb.figure.name
        for path in toc.notebooks()
        for _, cell in cells(nbformat.read(ROOT / path, as_version=4), "code")
        if "name" in cell.metadata.get("mystnb", {}).get("figure", {})
    ]
    assert sorted(set(names)) == sorted(names)


def check_symptoms(notebook: NotebookNode) -> list[str]:
    """Every symptom has its cause, a check and a cure, in this order, and is in the index."""
    text = "\n\n".join(cell.source for _, cell in cells(notebook, "markdown"))
    found = []
    for section in re.split(r"(?m)^#{2,3} ", text)[1:]:
        title = section.splitlines()[0].strip()
        parts = re.findall(r"(?m)^\*\*(You see|Cause|Check|Cure)\b", section)
        if parts and parts != ["You see", "Cause", "Check", "Cure"]:
            found.append(f"{title!r} has the parts {parts}")
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        if parts and f"](#{slug})" not in text.split("\n## ")[2]:
            found.append(f"{title!r} is not in the index of symptoms")
    count = text.count("\n**You see**")
    return found if count >= FEWEST_SYMPTOMS else [*found, f"there are only {count} symptoms"]


def test_every_symptom_has_cause_check_and_cure() -> None:
    path = ROOT / "chapters" / "debug_your_vae.ipynb"
    assert check_symptoms(nbformat.read(path, as_version=4)) == []


# The checks themselves, on a good notebook and on faults planted in it

BIBLIOGRAPHY = "doi = {10.1162/abc}, eprint = {1312.6114}, url = {https://arxiv.org/abs/1901.08168}"


FACTS = "\n".join(f"{k}. This is {k}.25." for k in range(1, 6))


def question(number: int) -> str:
    """Return a question of three options, of which another one is right and another is long."""
    options = [
        f"<details><summary>Because of {name}{' in fact' * (k == number % 2)}</summary>\n\n"
        f"{'Right' if k == number % 3 else 'Not quite'}: it is.\n\n</details>"
        for k, name in enumerate(("one", "two", "three"))
    ]
    return f"**{number}.** Why is it so?\n\n" + "\n".join(options)


def guess(number: int) -> str:
    """Return a guess with the same options."""
    return question(number).replace(f"**{number}.** Why", "**Before you run it:** why")


QUESTIONS = "\n\n".join(map(question, range(1, 9)))
GUESSES = "\n\n".join(map(guess, range(1, 5)))


def good_notebook() -> NotebookNode:
    """Return a small notebook that passes every check."""
    new = nbformat.v4
    claims_source = "\n".join(f'claim("sentence {k}", {k}.25, below=7)' for k in range(6))
    claims_output = [
        new.new_output(
            "display_data",
            data={"text/plain": f"Claim holds: sentence {k}", "text/html": f"<b>{k}.25</b>"},
            metadata={"claim": {"kind": "claim", "measured": k + 0.25, "below": 7.0}},
        )
        for k in range(6)
    ]
    figure = {
        "mystnb": {
            "image": {"alt": "A curve that falls quickly and then slowly."},
            "figure": {
                "caption": "The error falls with the size of the code.",
                "name": "fig-error",
            },
        }
    }
    tagged = {"tags": ["nbval-ignore-output"]}
    result = new.new_notebook(
        cells=[
            new.new_markdown_cell(
                "# A chapter\n\n## What you will be able to do\n\nRun $x_{i}$ and `a`."
            ),
            new.new_code_cell(ADDRESS.first_cell()),
            new.new_markdown_cell(
                "**Time:** about 5 minutes to read. "
                f"[Colab]({ADDRESS.colab(Path('chapters/a.ipynb'))})\n\n{GUESSES}\n\nMore."
            ),
            new.new_code_cell(
                "data = load_fashion_mnist()\nprint(data.describe())",
                metadata=tagged,
                outputs=[
                    new.new_output("stream", text="Fashion-MNIST from a folder: 55,000 training\n")
                ],
            ),
            new.new_code_cell(
                "curves(errors)",
                metadata=figure,
                outputs=[new.new_output("display_data", data={"image/png": "iVBORw0="})],
            ),
            new.new_code_cell(claims_source, outputs=claims_output),
            new.new_markdown_cell(
                f"## Summary\n\n{FACTS}\n\n"
                "As [Kingma and Welling (2014)](https://arxiv.org/abs/1312.6114) say."
            ),
            new.new_markdown_cell(
                f"## Check yourself\n\nChoose.\n\n{QUESTIONS}", id="check-yourself"
            ),
            new.new_markdown_cell("## Exercises\n\nTry it."),
            new.new_code_cell("1 + 1", metadata={"tags": ["hide-cell"]}),
            new.new_markdown_cell(
                "## Further reading\n\n- [A](https://doi.org/10.1162/abc)\n- [B](https://arxiv.org/abs/1312.6114)\n"
                "- [C](https://arxiv.org/abs/1901.08168)"
            ),
        ]
    )
    for count, (_, cell) in enumerate(cells(result, "code"), start=1):
        cell.execution_count = count
    return result


def complaints(notebook: NotebookNode) -> dict[str, list[str]]:
    """Return what each check says about a notebook, without those that say nothing."""
    said = {check.__name__: check(notebook) for check in CHECKS}
    said["check_bounds"] = check_bounds(notebook, EVIDENCE)
    said["check_colab_link"] = check_colab_link(notebook, Path("chapters/a.ipynb"))
    said["check_citations"] = check_citations(notebook, BIBLIOGRAPHY)
    return {name: found for name, found in said.items() if found}


def stream(name: str, text: str) -> NotebookNode:
    """Return a stream output."""
    return nbformat.v4.new_output("stream", name=name, text=text)


def test_a_symptom_without_a_cure_or_an_entry_is_found() -> None:
    entry = (
        "\n\n### The loss {}\n\n**You see** a.\n\n**Cause.** b.\n\n**Check.** c.\n\n**Cure.** d."
    )
    index = "".join(f"- [it](#the-loss-{k})\n" for k in range(15))
    text = f"# Debug\n\n## What you will be able to do\n\n## Which?\n\n{index}\n\n## The loss"
    text += "".join(entry.format(k) for k in range(15))
    for old, new, complaints in (
        ("", "", 0),
        ("**Cure.** d.", "d.", 15),
        ("(#the-loss-3)", "(#the-loss)", 1),
        ("### The loss 7\n\n**You see** a.", "### The loss 7\n\nYou see a.", 2),
    ):
        cell = nbformat.v4.new_markdown_cell(text.replace(old, new) if old else text)
        assert len(check_symptoms(nbformat.v4.new_notebook(cells=[cell]))) == complaints


def edit(index: int, old: str, new: str) -> Callable[[NotebookNode], None]:
    """Return a fault that replaces text in the source of a cell."""

    def plant(notebook: NotebookNode) -> None:
        assert old in notebook.cells[index].source
        notebook.cells[index].source = notebook.cells[index].source.replace(old, new)

    return plant


def replace(index: int, **fields: object) -> Callable[[NotebookNode], None]:
    """Return a fault that sets fields of a cell."""
    return lambda notebook: notebook.cells[index].update(nbformat.from_dict(fields))


def image(index: int, **fields: str) -> Callable[[NotebookNode], None]:
    """Return a fault that sets `alt`, `caption` or `name` of a figure."""

    def plant(notebook: NotebookNode) -> None:
        for key, value in fields.items():
            notebook.cells[index].metadata.mystnb["image" if key == "alt" else "figure"][key] = (
                value
            )

    return plant


def loosen(notebook: NotebookNode, below: float) -> None:
    """Plant another bound in the output of the last claim, which measured 5.25."""
    notebook.cells[5].outputs[5].metadata["claim"]["below"] = below


def one_place() -> list[str]:
    """Return questions whose right option is the second each time."""
    return [re.sub(r"^\*\*4", f"**{k}", question(4)) for k in range(1, 9)]


def long_answers() -> list[str]:
    """Return questions whose right option is the longest each time."""
    wordy = re.compile(r"</summary>(?=\n\nRight)")
    return [wordy.sub(", and for no other reason</summary>", question(k)) for k in range(1, 9)]


EVIDENCE = {
    "claims": [
        {"sentence": f"sentence {k}", "full": [k, k + 0.25, k + 0.5], "sample": [k + 6.5 - k]}
        for k in range(6)
    ]
}
ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
FAULTS: list[tuple[str, Callable[[NotebookNode], object]]] = [
    ("check_executed", replace(3, execution_count=None)),
    ("check_executed", replace(3, execution_count=7)),
    ("check_outputs", replace(9, outputs=[ERROR])),
    ("check_outputs", replace(9, outputs=[stream("stderr", "WARNING: a log")])),
    ("check_title", edit(0, "# A chapter", "A chapter")),
    ("check_title", edit(6, "## Summary", "# Summary")),
    ("check_title", edit(6, "## Summary", "#### Summary")),
    ("check_first_cell", edit(1, "--depth 1 ", "")),
    ("check_first_cell", edit(1, ADDRESS.url, "https://github.com/somebody/else")),
    ("check_first_cell", replace(1, outputs=[stream("stdout", "Cloning")])),
    ("check_sections", edit(0, "What you will be able to do", "Contents")),
    ("check_sections", edit(6, "Summary", "End")),
    ("check_figures", image(4, alt="../_images/abcdef0123456789.png")),
    ("check_figures", image(4, alt="A curve.")),
    ("check_figures", image(4, caption="Error")),
    ("check_figures", image(4, name="error curve")),
    (
        "check_figures",
        lambda notebook: notebook.cells[4].outputs.append(notebook.cells[4].outputs[0]),
    ),
    ("check_figures", lambda notebook: notebook.cells[4].metadata.pop("mystnb")),
    ("check_claims", edit(5, 'claim("sentence 3", 3.25, below=7)\n', "")),
    (
        "check_claims",
        lambda notebook: notebook.cells[5].outputs.append(notebook.cells[4].outputs[0]),
    ),
    ("check_columns", edit(9, "1 + 1", "1 + 1" + 80 * "1")),
    ("check_columns", edit(9, "1 + 1", 4 * "# why this is so\n" + "1 + 1")),
    ("check_columns", replace(3, outputs=[stream("stdout", "Fashion-MNIST" + 80 * ".")])),
    ("check_time", edit(2, "5 minutes", "15 minutes")),
    ("check_time", edit(2, "**Time:** about 5", "About 5")),
    ("check_time", edit(8, "Try it.", "word " * 10_000)),
    ("check_facts", edit(6, "5. This", "This")),
    ("check_facts", edit(6, "1.25", "small")),
    ("check_numbers", edit(6, " say.", " say. The error is 0.37 here.")),
    ("check_numbers", edit(6, " say.", " say. It takes 4,321 images.")),
    ("check_numbers", edit(6, " say.", " say. It is 31 % of them.")),
    ("check_bounds", lambda notebook: loosen(notebook, 20.0)),
    ("check_bounds", lambda notebook: loosen(notebook, 5.3)),
    ("check_claims", replace(5, outputs=[])),
    ("check_claims", replace(5, metadata={"tags": ["nbval-ignore-output"]})),
    ("check_claims", edit(5, 'claim("sentence 3"', 'claim(f"sentence {3}"')),
    ("check_data_source", replace(3, outputs=[])),
    ("check_data_source", replace(3, metadata={})),
    (
        "check_data_source",
        replace(
            3,
            outputs=[stream("stdout", "Fashion-MNIST from the bundled sample (no network): 5,500")],
        ),
    ),
    (
        "check_cell_lengths",
        lambda notebook: [
            cell.update(source="x = 1\n" * 11) for _, cell in cells(notebook, "code")
        ],
    ),
    ("check_solutions", replace(9, metadata={})),
    ("check_markdown", edit(8, "Try it.", "```{note}\nTry it.\n```")),
    ("check_markdown", edit(8, "Try it.", "See {ref}`fig-error`.")),
    ("check_markdown", edit(8, "Try it.", "(exercises)=\nTry it.")),
    ("check_markdown", edit(8, "Try it.", ":::{tip}\nTry it.\n:::")),
    ("check_backend", edit(9, "1 + 1", "import tensorflow as tf")),
    ("check_backend", edit(9, "1 + 1", "from tensorflow.keras import layers")),
    ("check_backend", edit(9, "1 + 1", "tf.reduce_mean(x)")),
    ("check_no_leak", edit(9, "1 + 1", "training.fit(model, x_test, epochs=3)")),
    ("check_no_leak", edit(9, "1 + 1", "training.fit(model, x, validation=data.x_test[:500])")),
    ("check_no_leak", edit(9, "1 + 1", "PCA(8).fit(flat_test)")),
    ("check_no_leak", edit(9, "1 + 1", "best = min(filters, key=lambda f: error(f, x_test))")),
    ("check_no_leak", edit(4, "curves(errors)", "curves(error(x_test))")),
    ("check_no_leak", edit(9, "1 + 1", "train_in_full(model, np.concatenate([x, x_test]))")),
    ("check_questions", replace(7, id="questions")),
    ("check_questions", edit(7, "## Check", "### Check")),
    ("check_questions", edit(8, "## Exercises", "## Tasks")),
    ("check_questions", edit(7, question(8), "")),
    ("check_questions", edit(7, "**3.**", "**4.**")),
    ("check_questions", edit(7, "**3.** Why is it so?", "**3.** Why\n\nis it so?")),
    ("check_questions", edit(7, "**3.** Why is it so?\n\n", "**3.** ")),
    ("check_questions", edit(7, question(2), question(2) + "\n\nMore.")),
    ("check_questions", edit(7, question(2), question(2).replace("\n\n</", "\n</", 1))),
    ("check_questions", edit(7, question(2), question(2).rpartition("\n<details>")[0])),
    ("check_questions", edit(7, question(2), question(2).replace("of two", "of three"))),
    ("check_questions", edit(7, question(2), question(2).replace("of two", "of $x$"))),
    ("check_questions", edit(7, question(2), question(2).replace("Right", "Not quite"))),
    ("check_questions", edit(7, question(2), question(2).replace("Not quite", "Right", 1))),
    ("check_questions", edit(7, question(2), question(2).replace("Not quite", "Wrong", 1))),
    ("check_questions", edit(7, QUESTIONS, "\n\n".join(one_place()))),
    ("check_questions", edit(7, QUESTIONS, "\n\n".join(long_answers()))),
    ("check_guesses", edit(2, guess(2), guess(2).partition("\n\n")[0])),
    ("check_guesses", edit(2, guess(2), "**Predict** it.")),
    ("check_guesses", edit(2, guess(2), "**Before you look**: why?")),
    ("check_guesses", edit(2, guess(2), f"Think. {guess(2)}")),
    ("check_guesses", edit(2, f"\n\n{guess(2)}", f"\n{guess(2)}")),
    ("check_guesses", edit(2, guess(2), guess(2).replace("\n\n<", "\n\nChoose.\n\n<", 1))),
    ("check_guesses", edit(2, guess(2), guess(2).replace("\n\n</", "\n</", 1))),
    ("check_guesses", edit(2, guess(2), guess(2).replace("of two", "of $x$"))),
    ("check_guesses", edit(2, guess(2), guess(2).replace("of two", "of two" + " and two" * 6))),
    ("check_guesses", edit(2, guess(2), guess(2).replace("Right", "Not quite"))),
    ("check_guesses", edit(2, guess(2), guess(2).replace("Not quite", "Right", 1))),
    ("check_guesses", edit(2, guess(2), guess(2).replace("Not quite: it is.", "", 1))),
    ("check_guesses", edit(2, GUESSES, "\n\n".join([guess(1)] * 4))),
    ("check_colab_link", edit(2, "/blob/", "/tree/")),
    ("check_colab_link", edit(2, "[Colab", "![badge](https://example.org/badge.svg) [Colab")),
    ("check_citations", edit(6, "1312.6114", "9999.9999")),
    ("check_citations", edit(6, "say", "and Kunin et al. (2019) say")),
    ("check_citations", edit(6, "say", "and Kunin (2019) say")),
    ("check_citations", edit(10, "- [A](https://doi.org/10.1162/abc)\n", "")),
]


def test_good_notebook_passes() -> None:
    assert complaints(good_notebook()) == {}


@pytest.mark.parametrize(
    ("check", "plant"), FAULTS, ids=[f"{k}-{name}" for k, (name, _) in enumerate(FAULTS)]
)
def test_planted_fault_is_found(check: str, plant: Callable[[NotebookNode], object]) -> None:
    notebook = copy.deepcopy(good_notebook())
    plant(notebook)
    assert check in complaints(notebook)


def test_a_guarded_tensorflow_cell_is_allowed() -> None:
    notebook = good_notebook()
    notebook.cells[
        9
    ].source = 'if keras.config.backend() == "tensorflow":\n    import tensorflow as tf'
    assert complaints(notebook) == {}


def test_an_appendix_asks_no_questions() -> None:
    notebook = good_notebook()
    del notebook.cells[7]
    assert check_questions(notebook) != []
    notebook.cells[0].source = notebook.cells[0].source.replace("# A chapter", "# Appendix: a")
    assert check_questions(notebook) == []
