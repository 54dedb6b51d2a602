"""Print the notebooks of the book in the order of _toc.yml."""

from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def pages(root: Path = ROOT) -> list[str]:
    """Return the book's pages without suffix, relative to `root`, in the order of _toc.yml."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return list(_files(toc))


def notebooks(root: Path = ROOT) -> list[Path]:
    """Return the notebooks of the book, relative to `root`, in the order of _toc.yml."""
    paths = [Path(page).with_suffix(".ipynb") for page in pages(root)]
    return [path for path in paths if (root / path).is_file()]


def _files(node: object) -> Iterator[str]:
    """Yield the values of `root` and `file` in a part of _toc.yml, in reading order."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            else:
                yield from _files(value)
    elif isinstance(node, list):
        for item in node:
            yield from _files(item)


if __name__ == "__main__":
    for notebook in notebooks():
        print(notebook)
