"""Build the HTML book into _build/html: python -m tools.book

`python -m tools.book linkcheck` asks for every address of another site instead, and says which are
gone; it needs a network.

While the course's address is the placeholder of a new copy, the book is built from a copy in
_build/source that has the address of git's remote, so that a fork's pages lead to the fork. The
working tree stays as it is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import set_address
from tools.toc import ROOT

# --all: an incremental build does not repeat a warning of the last one.
OPTIONS = ("--all", "-W", "-n", "--keep-going", "--quiet")
READY = "The book is ready; open this file in a browser:"
PROGRAM = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"


def source(root: Path = ROOT) -> tuple[Path, str]:
    """Return the folder to build from, and a line on where the book's links lead.

    The line is empty if the files hold an address, to which everything leads.
    """
    if set_address.current(root).owner != set_address.PLACEHOLDER:
        return root, ""
    address = set_address.from_git(root)
    if address is None:
        return root, (
            f"git knows no remote on GitHub, so links to the repository keep the placeholder "
            f"{set_address.PLACEHOLDER}; make address URL=https://github.com/owner/name sets it."
        )
    try:
        copy = copied(root, root / "_build" / "source", address)
    except ValueError as error:
        return root, f"Links to the repository keep their placeholder: {error}"
    return copy, f"Links to the repository lead to {address.url}, branch {address.branch}."


def copied(root: Path, target: Path, address: set_address.Address) -> Path:
    """Copy the repository's files, with another address; return the new folder.

    Raises:
        ValueError: the repository is no clone made by git.
    """
    changes = set_address.changed_texts(root, address)
    shutil.rmtree(target, ignore_errors=True)
    for path in set_address.files(root):
        copy = target / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path in changes:
            copy.write_bytes(changes[path].encode())
        else:
            shutil.copyfile(path, copy)
    return target


def main(builder: str = "html") -> int:
    """Build the book, or check its links to other sites; return the status of Jupyter Book."""
    folder, line = source()
    command = [sys.executable, "-c", PROGRAM, "build", str(folder), "--path-output", str(ROOT)]
    # NumPy as the back end: the page on course_utils imports Keras, and TensorFlow takes seconds.
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    try:
        options = OPTIONS if builder == "html" else ("--all", "--builder", builder)
        status = subprocess.call([*command, *options], cwd=ROOT, env=environment)
    except KeyboardInterrupt:
        return 130
    if status == 0 and builder == "html":
        page = ROOT / "_build" / "html" / "index.html"
        print(*[line] * bool(line), READY, page, sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
