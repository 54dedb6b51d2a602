"""The maintainers' commands: each does what CONTRIBUTING.md says, and leaves nothing half done."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from tools import bench, book, cover, execute, set_address, toc

ROOT = toc.ROOT


def write_notebook(path: Path, *sources: str) -> bytes:
    """Write a notebook that was never executed; return the bytes of the file."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path.read_bytes()


def files(folder: Path) -> list[str]:
    """Return the names of the files in a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


# toc


def test_notebooks_are_listed_in_the_order_of_the_book(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text(
        "root: index\nparts:\n- chapters:\n  - file: c/zebra\n    sections:\n    - file: c/mouse\n"
        "- chapters:\n  - file: c/ape\n  - file: page\n"
    )
    (tmp_path / "c").mkdir()
    for name in ("ape", "mouse", "zebra"):
        (tmp_path / f"c/{name}.ipynb").touch()
    assert toc.pages(tmp_path) == ["index", "c/zebra", "c/mouse", "c/ape", "page"]
    assert [path.stem for path in toc.notebooks(tmp_path)] == ["zebra", "mouse", "ape"]


# execute


def test_execute_stores_the_outputs_and_nothing_volatile(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    write_notebook(path, "import sys\nprint('seen')\nprint('log', file=sys.stderr)", "", "6 * 7")
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {
        "kernelspec": {"name": "mine", "display_name": "Mine"},
        "widgets": {},
        "title": "kept",
    }
    nbformat.write(notebook, path)

    line = execute.execute(path)
    stored = nbformat.read(path, as_version=4)
    assert "stored after" in line and "CPU seconds" in line and "kB" in line
    assert [cell.execution_count for cell in stored.cells] == [1, None, 2]
    assert [output.text for output in stored.cells[0].outputs] == ["seen\n"]
    assert stored.cells[2].outputs[0].data["text/plain"] == "42"
    assert set(stored.metadata) == {"title", "kernelspec", "language_info"}
    assert (
        stored.metadata.kernelspec.name == "python3"
        and "version" not in stored.metadata.language_info
    )
    assert all("execution" not in cell.metadata for cell in stored.cells)
    assert files(tmp_path) == ["a.ipynb"]

    first = path.read_bytes()
    execute.execute(path)
    assert path.read_bytes() == first


def test_execute_runs_in_the_folder_of_the_notebook_with_this_python(tmp_path: Path) -> None:
    (tmp_path / "beside.txt").write_text("found")
    write_notebook(
        tmp_path / "a.ipynb", "import sys\nprint(open('beside.txt').read(), sys.executable)"
    )
    notebook, wall, cpu = execute.run(tmp_path / "a.ipynb")
    assert notebook.cells[0].outputs[0].text == f"found {sys.executable}\n"
    assert wall > 0 and cpu > 0


def test_execute_keeps_the_old_file_when_a_cell_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "a.ipynb"
    before = write_notebook(path, "print('fine')", "raise ValueError('planted')")
    assert execute.main([str(path)]) == 1
    assert (
        "failed with ValueError: planted; the stored notebook is unchanged."
        in capsys.readouterr().err
    )
    assert path.read_bytes() == before
    assert files(tmp_path) == ["a.ipynb"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_execute_keeps_the_old_file_when_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    mark = tmp_path / "started"
    before = write_notebook(path, f"open({str(mark)!r}, 'w').close()\nimport time; time.sleep(60)")
    command = [sys.executable, "-m", "tools.execute", str(path), str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (
        message.count("interrupted; the stored notebook is unchanged.") == 1
        and "Traceback" not in message
    )
    assert path.read_bytes() == before


def test_execute_keeps_the_old_file_when_the_kernel_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    before = write_notebook(path, "import os\nos.kill(os.getpid(), 9)")
    with pytest.raises(execute.NotExecuted, match="the system ended its kernel"):
        execute.execute(path)
    assert path.read_bytes() == before


def test_execute_keeps_the_old_file_when_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    resource = pytest.importorskip("resource", reason="Windows limits no file's size")
    before = write_notebook(path, "print('x' * 10_000)")
    notebook, _, _ = execute.run(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))  # the system refuses to write more
        with pytest.raises(
            execute.NotExecuted, match=r"could not be saved .* the old file is unchanged"
        ):
            execute.write(notebook, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before
    assert files(tmp_path) == ["a.ipynb"]


def test_execute_refuses_the_sample_unless_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ipynb"
    before = write_notebook(path, "# load_fashion_mnist is named here, so the data matter")
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    with pytest.raises(execute.NotExecuted, match="--allow-sample"):
        execute.execute(path)
    assert path.read_bytes() == before
    assert "stored" in execute.execute(path, allow_sample=True)


def test_execute_reports_a_damaged_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook(tmp_path / "a.ipynb", "# load_fashion_mnist")
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path))
    with pytest.raises(execute.NotExecuted, match="FASHION_MNIST_DIR"):
        execute.execute(tmp_path / "a.ipynb")


def test_execute_warns_of_a_large_notebook(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    write_notebook(path, f"print('x' * {execute.LARGE})")
    assert "too large" in execute.execute(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"not JSON", b"\xff\xfe"])
def test_execute_says_that_a_file_is_no_notebook(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(execute.NotExecuted, match="is not a notebook"):
        execute.execute(path, allow_sample=True)
    with pytest.raises(execute.NotExecuted, match="there is no notebook"):
        execute.execute(tmp_path / "missing.ipynb")


# bench


def test_bench_measures_each_notebook_on_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    large, small = tmp_path / "large.ipynb", tmp_path / "small.ipynb"
    write_notebook(large, "x = bytearray(300 * 2**20)", "x[::4096] = bytes(len(x[::4096]))")
    before = write_notebook(small, "sum(range(10))")
    assert bench.main([str(large), str(small)]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    names = "wall / s CPU / s peak / MiB longest cell / s first picture / s notebook"
    assert header.split() == names.split()
    wall, cpu, peak = zip(*([float(cell) for cell in row.split()[:3]] for row in rows), strict=True)
    assert peak[0] > peak[1] + 200  # the second's peak is not the first's
    assert peak[2] == peak[0]
    assert abs(wall[2] - sum(wall[:2])) <= 1.5 and abs(cpu[2] - sum(cpu[:2])) <= 1.5  # rounded
    assert small.read_bytes() == before


PICTURE = "from IPython.display import Image, display\ndisplay(Image(b'\\x89PNG', format='png'))"


def test_bench_finds_the_longest_cell_and_the_first_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    sources = ["import time; time.sleep(0.4)", PICTURE, "time.sleep(1.2)", PICTURE]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells.insert(0, nbformat.v4.new_markdown_cell("Text."))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    times: list[execute.CellTime] = []
    execute.run(path, times=times)
    assert [time.number for time in times] == [2, 3, 4, 5]  # the text is the first cell
    assert [time.has_picture for time in times] == [False, True, False, True]
    assert 1.2 <= times[2].seconds == max(time.seconds for time in times)
    assert 0.4 <= times[0].end < times[1].end < times[3].end - 1.2
    cost = bench.measure(path)
    assert cost.longest >= 1.2 and cost.longest_cell == 4
    assert 0.4 < cost.picture < cost.wall - 1.2


def test_bench_shows_the_largest_and_a_dash_for_what_is_not_there() -> None:
    costs = {"a": bench.Cost(9, 8, 7, 6.5, 3, 2.25), "b": bench.Cost(1, 1, 1, 0.5, 2)}
    first, second, total = bench.table(costs).splitlines()[1:]
    assert first.split() == ["9", "8", "7", "6.5", "(3)", "2.2", "a"]
    assert second.split() == ["1", "1", "1", "0.5", "(2)", "-", "b"]
    assert total.split() == ["10", "9", "7", "6.5", "2.2", "all"]


class SameProcess:
    """Stands in for a pool of one new process."""

    def __enter__(self) -> "SameProcess":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable, *arguments: object) -> "SameProcess":
        self.result = lambda: function(*arguments)
        return self


PAIR = bench.Pair("error", bench.Trained("ours", 20.0, 0.25), bench.Trained("theirs", 50.0, 0.5))


def test_bench_compares_each_recommended_model_with_the_classic_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    asked = []
    monkeypatch.setattr(bench, "_new_process", SameProcess)
    monkeypatch.setattr(bench, "COMPARISONS", [lambda quick: asked.append(quick) or PAIR] * 2)
    assert bench.main(["--quick"]) == 0
    _, *lines, note = capsys.readouterr().out.splitlines()
    assert asked == [True, True] and len(lines) == 4
    assert lines[0].split() == ["20.0", "0.25", "ours", "(error)"]
    assert lines[1].split() == ["50.0", "0.5", "2.5", "theirs", "(classic)"]
    assert note.startswith("ratio: CPU seconds of the classic one")
    monkeypatch.setattr(bench.toc, "notebooks", lambda: [])
    bench.main([])
    assert asked[2:] == [False, False]


def test_every_recommended_model_is_compared() -> None:
    assert [compare.__name__ for compare in bench.COMPARISONS] == [
        "vaes",
        "denoisers",
        "document_networks",
    ]


def test_bench_takes_the_vaes_at_their_largest_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(seed: int, toy: bool) -> dict:
        assert seed == 0 and toy
        return {
            "dense, Adam": {"cpu_seconds": [1, 5], "nats": [260, 253]},
            "classic, RMSprop": {"cpu_seconds": [1, 5, 12], "nats": [290, 272, 269]},
        }

    monkeypatch.setattr("experiments.vae_budgets.run", run)
    pair = bench.vaes(quick=True)
    assert (pair.own.cpu, pair.own.quality) == (5, 253)
    assert (pair.classic.cpu, pair.classic.quality, pair.ratio) == (12, 269, 2.4)


@pytest.mark.parametrize(
    ("compare", "own", "classic"),
    [
        (bench.denoisers, "skip_denoiser", "conv_denoiser"),
        (bench.document_networks, "document_cleaner", "document_denoiser"),
    ],
)
def test_bench_trains_and_scores_both_models(
    compare: Callable, own: str, classic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    pair = compare(quick=True)
    assert (pair.own.name, pair.classic.name) == (own, classic)
    assert pair.own.cpu > 0 and pair.classic.cpu > 0
    if own == "skip_denoiser":  # a filter inside makes it good at once
        assert 12 < pair.own.quality < 30 and 5 < pair.classic.quality < 15
    else:
        assert 0 < pair.own.quality < 0.3 and 0 < pair.classic.quality < 0.3


def test_bench_goes_on_after_a_notebook_that_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    bad, good = tmp_path / "bad.ipynb", tmp_path / "good.ipynb"
    write_notebook(bad, "1 / 0")
    write_notebook(good, "1 + 1")
    assert bench.main([str(bad), str(good)]) == 1
    out, err = capsys.readouterr()
    assert "bad.ipynb failed with ZeroDivisionError" in err
    assert "good.ipynb" in out and "bad.ipynb" not in out


# set_address

OLD = set_address.parse("https://github.com/ada/old-course", "main")
NEW = set_address.parse("https://github.com/Grace-H/new.course", "trunk")


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def small_course(tmp_path: Path) -> Iterator[Path]:
    """A repository that names its address in every way that the course does."""
    (tmp_path / "_config.yml").write_text(
        "title: A\nrepository:\n  # where\n  url: https://github.com/ada/old-course\n"
        "  branch: main  # kept\n"
        "html:\n  baseurl: https://ada.github.io/old-course/\n  branch: main\n"
    )
    (tmp_path / "README.md").write_text(
        "`git clone https://github.com/ada/old-course.git`, `cd old-course`. "
        "See https://github.com/ada/old-course.\n"
        "Not ours: https://github.com/ada/old-course-2, https://github.com/eve/old-course, "
        "old-course, cd old-course-2.\n"
        "[File](https://github.com/ada/old-course/blob/main/chapters/a.ipynb) on the main branch.\n"
    )
    write_notebook(tmp_path / "a.ipynb", OLD.first_cell(), "1 + 1")
    (tmp_path / "b.ipynb").write_text(f'"[Colab]({OLD.colab(Path("chapters/b.ipynb"))})"')
    (tmp_path / "other.md").write_text("Nothing to change.\n")
    git(tmp_path, "init", "--quiet")
    yield tmp_path


def test_address_changes_everywhere_and_nowhere_else(small_course: Path) -> None:
    changed = set_address.set_address(small_course, NEW)
    assert [path.name for path in changed] == ["README.md", "_config.yml", "a.ipynb", "b.ipynb"]
    assert (small_course / "_config.yml").read_text() == (
        "title: A\nrepository:\n  # where\n  url: https://github.com/Grace-H/new.course\n"
        "  branch: trunk  # kept\n"
        "html:\n  baseurl: https://grace-h.github.io/new.course/\n  branch: main\n"
    )
    assert (small_course / "README.md").read_text() == (
        "`git clone https://github.com/Grace-H/new.course.git`, `cd new.course`. "
        "See https://github.com/Grace-H/new.course.\n"
        "Not ours: https://github.com/ada/old-course-2, https://github.com/eve/old-course, "
        "old-course, cd old-course-2.\n"
        "[File](https://github.com/Grace-H/new.course/blob/trunk/chapters/a.ipynb) on the main "
        "branch.\n"
    )
    cells = nbformat.read(small_course / "a.ipynb", as_version=4).cells
    assert [cell.source for cell in cells] == [NEW.first_cell(), "1 + 1"]
    assert NEW.colab(Path("chapters/b.ipynb")) in (small_course / "b.ipynb").read_text()
    assert set_address.current(small_course) == NEW


def test_address_set_twice_changes_nothing_and_set_back_restores(small_course: Path) -> None:
    before = {path: path.read_bytes() for path in small_course.glob("*.*") if path.is_file()}
    set_address.set_address(small_course, NEW)
    assert set_address.set_address(small_course, NEW) == []
    set_address.set_address(small_course, OLD)
    assert {
        path: path.read_bytes() for path in small_course.glob("*.*") if path.is_file()
    } == before


@pytest.mark.parametrize(
    "url",
    [
        "",
        "github.com/owner/name",
        "http://github.com/owner/name",
        "https://github.com/owner",
        "https://github.com/owner/name/tree/main",
        "https://github.com/own er/name",
        "https://github.com/-owner/name",
        "https://github.com/owner/..",
        "https://gitlab.com/owner/name",
        'https://github.com/owner/na"me',
    ],
)
def test_a_malformed_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must look like https://github\.com/owner/name"):
        set_address.parse(url, "main")


@pytest.mark.parametrize("branch", ["", "-x", "a..b", "a b", "main/", 'a"b'])
def test_a_malformed_branch_is_refused(branch: str) -> None:
    with pytest.raises(ValueError, match="must be the name of a git branch"):
        set_address.parse("https://github.com/owner/name", branch)


def test_the_usual_spellings_of_an_address_are_understood() -> None:
    for url in ("https://github.com/ada/old-course.git", "https://github.com/ada/old-course/"):
        assert set_address.parse(url, "main") == OLD


def test_address_needs_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_config.yml").write_text(f"repository:\n  url: {OLD.url}\n  branch: main\n")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ValueError, match="must be a clone made by git"):
        set_address.set_address(tmp_path, NEW)


@pytest.fixture
def copy_of_the_course(tmp_path: Path) -> Path:
    """The course's text files, as git would commit them now, in a new repository."""
    target = tmp_path / "course"
    for path in set_address.texts(ROOT):
        (target / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / path.relative_to(ROOT))
    git(target, "init", "--quiet")
    return target


def test_no_stale_address_stays_in_the_course(copy_of_the_course: Path) -> None:
    old = set_address.current(ROOT)
    changed = set_address.set_address(copy_of_the_course, NEW)
    assert {"_config.yml", "README.md", "pyproject.toml"} <= {str(path) for path in changed}
    assert set(toc.notebooks(ROOT)) <= set(changed)
    stale = [f"{old.owner}/{old.name}", f"{old.owner}.github.io"]
    for path, text in set_address.texts(copy_of_the_course).items():
        assert not [word for word in stale if word.lower() in text.lower()], path


# The address of a clone, in the built book


def clone(folder: Path, remote: str = "", branch: str = "main") -> Path:
    """Make a repository of a tiny course whose address is the placeholder."""
    folder.mkdir(exist_ok=True)
    placeholder = set_address.parse("https://github.com/OWNER/course", "main")
    (folder / "_config.yml").write_text(f"repository:\n  url: {placeholder.url}\n  branch: main\n")
    (folder / "index.md").write_text(f"See {placeholder.colab(Path('a.ipynb'))}.\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\xff")
    (folder / ".gitignore").write_text("_build/\nsecret\n")
    (folder / "secret").write_text("not in git")
    git(folder, "init", "--quiet", f"--initial-branch={branch}")
    git(folder, "add", ".")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    git(folder, *identity, "commit", "--quiet", "--message", "A")
    if remote:
        git(folder, "remote", "add", "origin", remote)
    return folder


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/ada/course-2",
        "https://github.com/ada/course-2.git",
        "https://github.com/ada/course-2/",
        "https://ada:token@github.com/ada/course-2.git",
        "https://www.GitHub.com/ada/course-2",
        "git@github.com:ada/course-2.git",
        "git@github.com:ada/course-2",
        "github.com:ada/course-2.git",
        "ssh://git@github.com/ada/course-2.git",
        "ssh://git@ssh.github.com:443/ada/course-2.git",
        "git://github.com/ada/course-2.git",
    ],
)
def test_a_remote_on_github_is_understood_in_every_form(remote: str) -> None:
    assert set_address.from_remote(remote) == "https://github.com/ada/course-2"


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "/home/ada/course",
        "../github.com/ada/course",
        "https://gitlab.com/ada/course.git",
        "https://notgithub.com/ada/course.git",
        "https://github.com.example.org/ada/course.git",
        "https://example.org/github.com/ada/course",
        "git@github.com:course.git",
    ],
)
def test_a_remote_elsewhere_is_not_taken_for_one_on_github(remote: str) -> None:
    assert set_address.from_remote(remote) == ""


def test_the_address_is_that_of_the_remote_with_the_branch_of_the_clone(tmp_path: Path) -> None:
    root = clone(tmp_path / "a", "git@github.com:ada/course-2.git", branch="trunk")
    found = set_address.from_git(root, {})
    assert found == set_address.parse("https://github.com/ada/course-2", "trunk")


def test_a_branch_that_is_not_on_github_is_not_named(tmp_path: Path) -> None:
    root = clone(tmp_path / "a", "git@github.com:ada/course.git", branch="trunk")
    git(root, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    git(root, "checkout", "--quiet", "-b", "idea")
    assert set_address.from_git(root, {}).branch == "trunk"
    git(root, "update-ref", "refs/remotes/origin/idea", "HEAD")  # now it is
    assert set_address.from_git(root, {}).branch == "idea"
    git(root, "remote", "add", "mine", "https://github.com/grace/course")
    git(root, "config", "branch.idea.remote", "mine")
    git(root, "config", "branch.idea.merge", "refs/heads/better-name")
    found = set_address.from_git(root, {})
    assert (found.owner, found.branch) == ("grace", "better-name")
    git(root, "checkout", "--quiet", "--detach")
    assert set_address.from_git(root, {}).branch == "trunk"


def test_a_remote_on_github_is_found_under_any_name(tmp_path: Path) -> None:
    root = clone(tmp_path / "a", "/home/ada/course")
    assert set_address.from_git(root, {}) is None
    git(root, "remote", "add", "hub", "https://github.com/ada/course")
    assert set_address.from_git(root, {}).owner == "ada"


def test_github_actions_says_where_it_runs(tmp_path: Path) -> None:
    root = clone(tmp_path / "a", "https://github.com/ada/course")
    actions = {"GITHUB_REPOSITORY": "eve/fork", "GITHUB_REF_NAME": "idea/two"}
    assert set_address.from_git(root, actions).url == "https://github.com/eve/fork"
    assert set_address.from_git(root, actions).branch == "idea/two"
    pull = {**actions, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_REF_NAME": "7/merge"}
    assert set_address.from_git(root, pull).branch == "main"
    elsewhere = {**actions, "GITHUB_SERVER_URL": "https://git.example.org"}
    assert set_address.from_git(root, elsewhere).owner == "ada"


def test_a_folder_inside_another_repository_has_no_address(tmp_path: Path) -> None:
    root = clone(tmp_path / "a", "https://github.com/ada/course")
    (root / "unpacked").mkdir()
    shutil.copy(root / "_config.yml", root / "unpacked")
    assert set_address.from_git(root / "unpacked", {}) is None


@pytest.fixture
def no_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests may run in GitHub Actions themselves."""
    for name in ("GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_REF_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_the_book_of_a_fork_is_built_from_a_copy(tmp_path: Path, no_actions: None) -> None:
    root = clone(tmp_path / "a", "git@github.com:ada/fork.git")
    (root / "_build/source/old").mkdir(parents=True)
    folder, line = book.source(root)
    assert folder == root / "_build/source" and files(folder.parent) == ["source"]
    assert line == "Links to the repository lead to https://github.com/ada/fork, branch main."
    assert files(folder) == [".gitignore", "_config.yml", "index.md", "picture.png"]
    assert set_address.current(folder).url == "https://github.com/ada/fork"
    assert "github/ada/fork/blob/main/a.ipynb" in (folder / "index.md").read_text()
    assert (folder / "picture.png").read_bytes() == (root / "picture.png").read_bytes()
    status = ["git", "status", "--porcelain"]
    assert subprocess.run(status, cwd=root, capture_output=True, check=True).stdout == b""


def test_the_book_of_a_clone_without_a_remote_keeps_the_placeholder(
    tmp_path: Path, no_actions: None
) -> None:
    root = clone(tmp_path / "a")
    folder, line = book.source(root)
    assert folder == root and not (root / "_build").exists()
    assert "placeholder OWNER" in line and "\n" not in line and "make address URL=" in line


def test_an_address_that_was_set_is_kept(tmp_path: Path, no_actions: None) -> None:
    root = clone(tmp_path / "a", "git@github.com:ada/fork.git")
    set_address.set_address(root, NEW)
    assert book.source(root) == (root, "")


def test_a_book_without_git_is_built_as_it_is(
    tmp_path: Path, no_actions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = clone(tmp_path / "a")
    shutil.rmtree(root / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert book.source(root)[0] == root
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/fork")
    folder, line = book.source(root)
    assert folder == root and "keep their placeholder" in line


def test_jupyter_book_gets_the_folder_and_its_status_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    calls = []

    def call(command: list[str], **options: object) -> int:
        calls.append((command, options))
        return 3 * len(calls) - 3

    monkeypatch.setattr(book.subprocess, "call", call)
    monkeypatch.setattr(book, "source", lambda: (tmp_path, "Links lead there."))
    assert book.main() == 0
    text = capsys.readouterr().out.splitlines()
    assert text[0] == "Links lead there." and text[-1].endswith("index.html")
    (command, options) = calls[0]
    assert command[3:7] == ["build", str(tmp_path), "--path-output", str(ROOT)]
    assert "-W" in command and options["env"]["KERAS_BACKEND"] == "numpy"
    assert book.main() == 3
    assert capsys.readouterr().out == ""


# The cover and the lists of packages


def test_the_cover_is_the_figure_that_the_chapter_stores() -> None:
    assert (toc.ROOT / cover.COVER).read_bytes() == cover.light(cover.stored_figure())


def test_every_requirement_is_locked() -> None:
    locked = (ROOT / "constraints.txt").read_text().lower()
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        name = line.split("#")[0].split(">")[0].split("=")[0].strip().lower()
        assert not name or f"\n{name}==" in locked, name
    assert "\nopencv-python==" not in locked
