"""Write slides of the chapters into _build/slides: python -m tools.slides [NOTEBOOK ...]

They are made from the pages of the built book, which is built first. A browser shows them, also
without a connection: arrows go on, S opens the speaker's view with the notes, and ?print-pdf behind
the address is for printing. The folder may be copied as a whole.
"""

import sys
from pathlib import Path

from tools import book, toc
from tools.slides.deck import Deck

HTML = toc.ROOT / "_build" / "html"
TARGET = toc.ROOT / "_build" / "slides"


def pages(names: list[str]) -> list[str]:
    """Return the pages that are meant, or all notebooks.

    Raises:
        ValueError: a name is not that of a notebook of the book.
    """
    known = toc.notebooks()
    wanted = [Path(name) for name in names] or known
    if missing := [str(path) for path in wanted if path not in known]:
        raise ValueError(f"There is no notebook {missing[0]} in _toc.yml, such as {known[0]}.")
    return [path.with_suffix("").as_posix() for path in wanted]


def write(folder: Path, names: list[str], target: Path) -> list[Path]:
    """Write the slides of some pages of the built book; return the files."""
    target.mkdir(parents=True, exist_ok=True)
    return [Deck(folder, page, target).write() for page in names]


def main(arguments: list[str]) -> int:
    """Build the book, then the slides; return the exit status."""
    try:
        wanted = pages(arguments)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if status := book.main():
        return status
    for file in write(HTML, wanted, TARGET):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
