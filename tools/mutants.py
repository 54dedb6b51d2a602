"""Plant mistakes one by one and see whether they are noticed: python -m tools.mutants [NAME ...]

Each file of `tests/mutants/` is a mistake: the `file`, the `old` text (once in a notebook's code,
or in the file), the `new` one, what it `tells` a reader, and what it should be `caught_by`: a
notebook, which runs on the bundled sample, or a file of tests. Each is planted in a copy of the
course.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import set_address, toc

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path("tests/mutants")
FIELDS = {"file", "old", "new", "tells", "caught_by"}
LONGEST = 1200  # seconds


@dataclass(frozen=True)
class Mutant:
    """A mistake; the attributes are the fields of its file."""

    name: str
    file: str
    old: str
    new: str
    tells: str
    caught_by: str


def read(path: Path) -> Mutant:
    """Read the file of a mistake.

    Raises:
        ValueError: a field is missing, empty or unknown.
    """
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    if set(fields) != FIELDS or not all(isinstance(v, str) for v in fields.values()):
        raise ValueError(f"{path} must have the fields {', '.join(sorted(FIELDS))}, each a text.")
    if fields["old"] == fields["new"] or not fields["old"]:
        raise ValueError(f"{path} changes nothing.")
    return Mutant(path.stem, **fields)


def all_mutants(root: Path = toc.ROOT) -> list[Mutant]:
    """Return the mistakes in the order of their names."""
    return [read(path) for path in sorted((root / FOLDER).glob("*.toml"))]


def plant(mutant: Mutant, root: Path) -> None:
    """Make the mistake in the course at `root`.

    Raises:
        ValueError: the old text does not occur exactly once.
    """
    path = root / mutant.file
    if path.suffix != ".ipynb":
        text = path.read_text(encoding="utf-8")
        _need_once(mutant, text.count(mutant.old))
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        return
    notebook = json.loads(path.read_text(encoding="utf-8"))  # not by nbformat, which takes long
    found = 0
    for cell in (cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        source = "".join(cell["source"])
        found += source.count(mutant.old)
        cell["source"] = source.replace(mutant.old, mutant.new)
    _need_once(mutant, found)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _need_once(mutant: Mutant, count: int) -> None:
    if count != 1:
        raise ValueError(f"{mutant.name}: the old text occurs {count} times in {mutant.file}.")


def copy(target: Path, root: Path = toc.ROOT) -> None:
    """Copy the files of the course that git knows to a folder."""
    for path in set_address.texts(root):
        destination = target / path.relative_to(root)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, destination)
    for folder in ("course_utils/sample", "course_utils/cleaner", "tests/assets"):
        shutil.copytree(root / folder, target / folder, dirs_exist_ok=True)


def verdict(caught_by: str, root: Path) -> str:
    """Run a notebook on the sample, or tests; return by what it fails, or an empty text."""
    options = ["--nbval", "--nbval-current-env"] if caught_by.endswith(".ipynb") else []
    environment = os.environ | {"FASHION_MNIST_DIR": "sample", "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not colab", "--no-header"]
    try:
        done = subprocess.run(
            [*command, *options, caught_by],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {LONGEST} s"
    if done.returncode == 0:
        return ""
    if done.returncode != 1:
        raise RuntimeError(f"pytest could not run {caught_by}:\n{done.stdout}{done.stderr}")
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    for pattern in (r"ClaimFailed: (.*)", r"FAILED (.*)", r"\n(\w*Error: .*)"):
        if match := re.search(pattern, text):
            return match[1].strip()[:150]
    return "a failing test"


def noticed(mutant: Mutant) -> str:
    """Plant a mistake in a copy of the course; return by what it was noticed, or an empty text."""
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        plant(mutant, Path(folder))
        return verdict(mutant.caught_by, Path(folder))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 only if every mistake was noticed."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="default: all; a beginning of a name will do")
    parser.add_argument("--workers", type=int, default=2, help="mistakes at the same time")
    options = parser.parse_args(arguments)
    chosen = [
        m for m in all_mutants() if not options.names or m.name.startswith(tuple(options.names))
    ]
    if not chosen:
        parser.error(f"no file of {FOLDER} has such a name")
    survived = []
    with ThreadPoolExecutor(options.workers) as pool:
        checks = sorted({mutant.caught_by for mutant in chosen})
        for check, failure in zip(checks, pool.map(lambda c: verdict(c, toc.ROOT), checks)):
            if failure:  # then it would notice anything
                print(f"{check} fails without any mistake: {failure}", file=sys.stderr)
                return 1
        for mutant, by in zip(chosen, pool.map(noticed, chosen)):
            print(
                f"{'caught  ' if by else 'SURVIVED'}  {mutant.name}: {by or mutant.tells}",
                flush=True,
            )
            survived += [] if by else [mutant]
    print(f"{len(chosen) - len(survived)} of {len(chosen)} planted mistakes were caught.")
    return int(bool(survived))


if __name__ == "__main__":
    sys.exit(main())
