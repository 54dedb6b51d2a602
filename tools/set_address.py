"""Set where the course lives: python -m tools.set_address URL [--branch BRANCH]

The address is kept under `repository:` in _config.yml. This command changes it there and in what
must follow: the first cell of every notebook, the links to GitHub, Colab and Pages, pyproject.toml.
Until it has been set, the owner is a placeholder, and tools.book takes the address from git.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.toc import ROOT

PLACEHOLDER = "OWNER"  # the owner in the files of a course whose address was never set
_GITHUB = "https://github.com"

# `name` is also the folder that git clone makes.
_FIRST_CELL = """\
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

hosted = "google.colab" in sys.modules or "KAGGLE_URL_BASE" in os.environ
if find_spec("course_utils") is None:  # find the course, or fetch it
    repo = "{url}"
    course = Path("{name}").absolute()
    course_in = [
        parent
        for parent in (course, *course.parents)
        if (parent / "course_utils").is_dir()
    ]
    if hosted and not course_in:
        assert shutil.which("git"), "git is missing: install it, run again"
        !git clone --quiet --depth 1 --branch {branch} $repo
        assert course.is_dir(), (
            "git could not fetch the course: check the network and run "
            "again (on Kaggle, Internet must be on in the settings)"
        )
        course_in = [course]
    assert course_in, (
        "a chapter needs the rest of the course: run git clone "
        f"{{repo}} and open the notebook in its folder chapters"
    )
    sys.path.insert(0, str(course_in[0]))
if hosted:
    from course_utils import colab

    colab.install_missing()"""


@dataclass(frozen=True)
class Address:
    """Where the course lives."""

    owner: str
    name: str
    branch: str

    @property
    def url(self) -> str:
        """The repository's page, which is also what git clones."""
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def pages(self) -> str:
        """The address of the book on GitHub Pages."""
        host = f"{self.owner.lower()}.github.io"
        return f"https://{host}/" if self.name.lower() == host else f"https://{host}/{self.name}/"

    def first_cell(self) -> str:
        """Return the first code cell of every notebook."""
        return _FIRST_CELL.format(name=self.name, branch=self.branch, url=self.url)

    def colab(self, path: Path) -> str:
        """Return the address that opens a notebook of the repository in Colab."""
        where = f"{self.owner}/{self.name}/blob/{self.branch}"
        return f"https://colab.research.google.com/github/{where}/{path.as_posix()}"


def parse(url: str, branch: str) -> Address:
    """Return the address of a GitHub repository, or raise ValueError with one sentence."""
    match = re.fullmatch(
        r"https://github\.com/([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))/([A-Za-z0-9_.-]+?)(?:\.git)?/?",
        url,
    )
    if match is None or match[2] in (".", ".."):
        raise ValueError(
            f"the address must look like https://github.com/owner/name, but it is {url!r}."
        )
    if (
        not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", branch)
        or ".." in branch
        or branch.endswith("/")
    ):
        raise ValueError(
            f"the branch must be the name of a git branch, such as main, but it is {branch!r}."
        )
    return Address(match[1], match[2], branch)


def current(root: Path = ROOT) -> Address:
    """Return the address in _config.yml."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return parse(config["repository"]["url"], config["repository"]["branch"])


def replaced(text: str, old: Address, new: Address) -> str:
    """Return the text of a file with one address replaced by the other."""
    end = r"(?![\w-]|\.(?!git\b)[\w-])"  # not the beginning of a longer name
    repository = rf"{re.escape(old.owner)}/{re.escape(old.name)}"
    branch = rf"(/(?:blob|tree|raw|edit)/){re.escape(old.branch)}(?=/)"
    lines = zip(old.first_cell().splitlines(), new.first_cell().splitlines(), strict=True)
    for before, after in lines:  # first, while they are whole
        if before != after:
            text = text.replace(json.dumps(before)[1:-1], json.dumps(after)[1:-1])
    host = r"(github\.com/|colab\.research\.google\.com/github/)"
    text = re.sub(rf"{host}{repository}{branch}", rf"\1{new.owner}/{new.name}\2{new.branch}", text)
    text = re.sub(rf"{host}{repository}{end}", rf"\1{new.owner}/{new.name}", text)
    pages = rf"{re.escape(old.owner.lower())}\.github\.io/{re.escape(old.name)}"
    text = re.sub(
        pages + end, f"{new.owner.lower()}.github.io/{new.name}", text, flags=re.IGNORECASE
    )
    return re.sub(rf"(\bcd ){re.escape(old.name)}{end}", rf"\g<1>{new.name}", text)


def from_git(root: Path = ROOT, environment: Mapping[str, str] = os.environ) -> Address | None:
    """Return where a clone comes from: from the variables of GitHub Actions, or else from git.

    Args:
        root: the clone's folder.
        environment: environment variables.

    Returns:
        The address, with the branch that the present one is on GitHub, or else GitHub's default
        one; None if there is no remote on GitHub.
    """
    if _git(root, "rev-parse", "--show-prefix"):
        return None  # unpacked inside of another repository
    here = _git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    tracked = _git(root, "config", f"branch.{here}.remote") if here else ""
    for remote in [tracked, "origin", *_git(root, "remote").split()]:
        url = from_remote(_git(root, "remote", "get-url", remote)) if remote else ""
        if url:
            break
    else:
        remote, url = "", ""
    repository = environment.get("GITHUB_REPOSITORY")
    if repository and environment.get("GITHUB_SERVER_URL", _GITHUB) == _GITHUB:
        url = f"{_GITHUB}/{repository}"
    if not url:
        return None
    for branch in _branches(root, here, remote, remote == tracked, environment):
        try:
            return parse(url, branch)
        except ValueError:
            continue
    return None


def from_remote(remote: str) -> str:
    """Return the page of a repository on GitHub; an empty text if it is somewhere else.

    Args:
        remote: where git fetches from, as https://…, ssh://… or git@github.com:owner/name.git.
    """
    start = r"(?:(?:https?|ssh|git)://)?(?:[^@/]+@)?(?:www\.|ssh\.)?github\.com(?::\d+)?[/:]/?"
    match = re.fullmatch(rf"{start}([^/:]+)/([^/]+?)(?:\.git)?/?", remote, re.IGNORECASE)
    return f"https://github.com/{match[1]}/{match[2]}" if match else ""


def _branches(
    root: Path, here: str, remote: str, is_tracked: bool, environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield names of the branch that links should name, the best first."""
    name = environment.get("GITHUB_REF_NAME", "")
    if name and environment.get("GITHUB_REF", f"refs/heads/{name}") == f"refs/heads/{name}":
        yield name
    if is_tracked and here:
        merged = _git(root, "config", f"branch.{here}.merge")
        if merged.startswith("refs/heads/"):
            yield merged.removeprefix("refs/heads/")
    known = f"refs/remotes/{remote}"
    if here and _git(root, "rev-parse", "--quiet", "--verify", f"{known}/{here}"):
        yield here
    yield _git(root, "symbolic-ref", "--quiet", f"{known}/HEAD").removeprefix(f"{known}/")
    yield here
    yield current(root).branch


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints, without the last line's end; an empty text if it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.removesuffix("\n") if done.returncode == 0 else ""


def set_address(root: Path, new: Address) -> list[Path]:
    """Change the address everywhere in the repository at `root`.

    Returns:
        The files that changed, relative to `root`; none if the address is already the new one.
    """
    changes = changed_texts(root, new)
    # _config.yml last: an interrupted command can then be repeated, since the old address is known.
    for path in sorted(changes, key=lambda path: path.name == "_config.yml"):
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(changes[path])
    return sorted(path.relative_to(root) for path in changes)


def changed_texts(root: Path, new: Address) -> dict[Path, str]:
    """Return the text files that another address would change, by path, with their new text."""
    old = current(root)
    changes = {}
    for path, before in texts(root).items():
        after = replaced(before, old, new)
        if path == root / "_config.yml":
            pattern = r"(?m)(^repository:\n(?:[ \t]+.*\n)*?[ \t]+branch:[ \t]*)\S+"
            after = re.sub(pattern, rf"\g<1>{new.branch}", after)
        if after != before:
            changes[path] = after
    return changes


def texts(root: Path) -> dict[Path, str]:
    """Return the text files of the repository, those that git tracks or would track, by path."""
    found = {}
    for path in files(root):
        try:
            found[path] = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue  # a picture or an archive
    return found


def files(root: Path) -> list[Path]:
    """Return the files of the repository, those that git tracks or would track.

    Raises:
        ValueError: it is no clone made by git.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise ValueError(
            f"{root} must be a clone made by git, since git lists its files."
        ) from None
    paths = [root / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.set_address", description=__doc__)
    parser.add_argument("url", help="https://github.com/owner/name")
    parser.add_argument("--branch", help="default: the present one")
    options = parser.parse_args(arguments)
    try:
        changed = set_address(ROOT, parse(options.url, options.branch or current().branch))
    except ValueError as error:
        print(f"Nothing was changed: {error}", file=sys.stderr)
        return 1
    print(
        f"{len(changed)} files changed."
        if changed
        else "Nothing to change: that is the present address."
    )
    for path in changed:
        print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
