"""Commands that are killed at any moment, and two of them at once: no half file is ever used.

Each operation is killed before every single thing that it does with a file, and at random moments.
`KILLS=12 pytest -s tests/test_kills.py` kills each of five operations at 12 random moments (some
minutes) and prints what was found; without KILLS it is a few.
"""

import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from test_data import CONTENT, NAMES, TINY, ZIPPED, _send, _server

from course_utils import _files
from tools import toc

KILLS = int(os.environ.get("KILLS", "0"))
full_only = pytest.mark.skipif(not KILLS, reason="takes minutes: set KILLS=12")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")


# In another process, which forks: the modules are imported once, and each fork is killed

PRELUDE = """
import collections, json, os, random, shutil, signal, sys, time
from pathlib import Path

def fork(operate, step=0, folder=""):
    pid = os.fork()
    if pid:
        return pid
    left = [step]
    def hook(event, arguments):
        paths = [os.fsdecode(a) for a in arguments if isinstance(a, (str, bytes, os.PathLike))]
        if any(path.startswith(folder) for path in paths):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    if step:
        sys.addaudithook(hook)
    try:
        operate()
        status = 0
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr, flush=True)
        status = 1
    os._exit(status)

def ended(pid):
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return os.WIFSIGNALED(status)

def slow(path, raw):  # a disk on which a kill hits the middle of a file
    with open(path, "wb") as file:
        for start in range(0, len(raw), 1 + len(raw) // 10):
            file.write(raw[start : start + 1 + len(raw) // 10])
            file.flush()
            time.sleep(0.01)

def kill(folder, prepare, operate, state, kills):
    '''Kill before each step, then at random moments; after each, `state` says what is there.'''
    found, steps = collections.Counter(), 0
    while True:
        prepare()
        killed = ended(fork(operate, steps + 1, str(folder)))
        if not killed:
            break
        found[state()] += 1
        steps += 1
        ended(fork(operate))
        assert state() == "new"
    Path.write_bytes = slow
    prepare()
    start = time.monotonic()
    ended(fork(operate))
    longest = time.monotonic() - start
    generator, done = random.Random(0), 0
    while done < kills:
        prepare()
        pid = fork(operate)
        time.sleep(generator.uniform(0, longest))
        os.kill(pid, signal.SIGKILL)
        if not ended(pid):
            longest *= 0.8
            continue
        done += 1
        found[state()] += 1
        ended(fork(operate))
        assert state() == "new"
    print(json.dumps({"steps": steps, "random": done, **found}))
"""


def kill_everywhere(code: str, *arguments: object, few: int = 3, **environment: str) -> dict:
    """Run code that calls `kill`; return how often what was found."""
    process = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, str(KILLS or few), *map(str, arguments)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "NO_PROXY": "*", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    found = json.loads(process.stdout.splitlines()[-1])
    print("killed:", found)
    assert found["random"] == (KILLS or few)
    assert found["steps"] > 0
    assert "Error" not in process.stderr, process.stderr
    return found


def left_in(folder: Path) -> list[str]:
    """Return the files that a killed process may have left, which nothing takes for others."""
    left = [path.name for path in folder.iterdir()]
    return [name for name in left if not (name.startswith(".") and name.endswith(".partial"))]


def drip(handler, name: str) -> None:
    """Answer slowly, so that a kill hits the middle."""
    raw = ZIPPED[name.removesuffix(".gz")]
    _send(handler, b"", length=len(raw))
    for start in range(0, len(raw), 1 + len(raw) // 4):
        handler.wfile.write(raw[start : start + 1 + len(raw) // 4])
        handler.wfile.flush()
        time.sleep(0.01)


DOWNLOAD = """
from course_utils import data
kills, given = int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
data._FULL = tuple(data._IdxFile(n, tuple(s), h) for n, s, h in given["files"])
data.DEBIAN_DIR = Path("/nowhere")
data.DOWNLOAD_URL = given["url"]
cache = data._cache_dir()
zipped = {name + ".gz": bytes.fromhex(raw) for name, raw in given["zipped"].items()}

def prepare():
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    (cache / first).write_bytes(zipped[first])

def operate():
    loaded = data.load_fashion_mnist(num_validation=20)
    assert loaded.source == "Keras' download cache" and len(loaded.x_test) == 100

def state():
    names = [path.name for path in cache.iterdir() if not path.name.startswith(".")]
    assert first in names
    for name in names:
        assert (cache / name).read_bytes() == zipped[name], name
    return "new" if len(names) == 4 else "some"

first = "t10k-images-idx3-ubyte.gz"
"""


def given_to(address: str, folder: Path) -> Path:
    """Write what a process that downloads must know."""
    path = folder / "given.json"
    zipped = {name: raw.hex() for name, raw in ZIPPED.items()}
    path.write_text(json.dumps({"url": address, "files": TINY, "zipped": zipped}))
    return path


def test_a_killed_download_leaves_whole_files_only(tmp_path):
    with _server(drip) as (address, _):
        found = kill_everywhere(
            DOWNLOAD + "kill(cache, prepare, operate, state, kills)",
            given_to(address, tmp_path),
            KERAS_HOME=str(tmp_path / "keras"),
            FASHION_MNIST_DIR="",
        )
    assert found["some"] > 0


def test_two_downloads_into_one_cache(tmp_path):
    with _server(drip) as (address, _):
        command = [sys.executable, "-c", f"{PRELUDE}{DOWNLOAD}operate()\nprint(state())", "0"]
        command.append(str(given_to(address, tmp_path)))
        environment = {**os.environ, "KERAS_HOME": str(tmp_path / "keras"), "NO_PROXY": "*"}
        environment["FASHION_MNIST_DIR"] = ""
        folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
        folder.mkdir(parents=True)
        (folder / f"{NAMES[2]}.gz").write_bytes(ZIPPED[NAMES[2]])
        both = together(command, environment, tmp_path)
    assert [(code, out) for code, out, _ in both] == [(0, "new\n")] * 2
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{n}.gz" for n in CONTENT)


def together(command: list[str], environment: dict, folder: Path) -> list[tuple[int, str, str]]:
    """Run a command twice at once; return exit status, output and errors of both."""
    running = [
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=300) for process in running]
    return [(p.returncode, out, err) for p, (out, err) in zip(running, said)]


SAVE = """
from course_utils import models
kills, folder = int(sys.argv[1]), Path(sys.argv[2])
path, old = folder / "model.keras", folder / "old"

def constant(value):
    model = models.linear_autoencoder(8)
    model.set_weights([0 * w + value for w in model.get_weights()])
    return model

def prepare():
    for file in folder.iterdir():
        if file != old:
            file.unlink()
    shutil.copy(old, path)

def operate():
    models.save(constant(2.0), path)

def value():
    weights = models.load(path).get_weights()
    values = {float(w.min()) for w in weights} | {float(w.max()) for w in weights}
    assert len(values) == 1, values
    Path(sys.argv[3]).write_text("new" if values == {2.0} else "old")

def state():  # in a fork, too: TensorFlow must not start before there is one
    ended(fork(value))
    return Path(sys.argv[3]).read_text()

def first():
    models.save(constant(1.0), path)
    path.rename(old)

ended(fork(first))
kill(folder, prepare, operate, state, kills)
"""


def test_a_killed_save_leaves_the_old_model_or_the_new_one(tmp_path):
    folder = tmp_path / "möd els"
    folder.mkdir()
    found = kill_everywhere(SAVE, folder, tmp_path / "state", few=2)
    assert found["old"] > 0


CLEAN = """
import numpy as np
from PIL import Image
from course_utils.documents import cleaner, command
kills, folder, force = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:4] == ["--force"]
scan, target = folder.parent / "scan.png", folder / "clean.png"
page = np.random.default_rng(0).integers(0, 256, (600, 500), dtype=np.uint8)
written = folder.parent / f"scan-{os.getpid()}.png"  # two may write it at the same time
Image.fromarray(page).save(written)
written.replace(scan)

def quick(pixels, *args, **options):
    white = 255 if pixels.dtype == np.uint8 else 1
    return cleaner.Cleaning(white - pixels, 1.0, np.zeros(page.shape, np.uint8))

cleaner.clean_and_compare = quick
command.load_cleaner = lambda *args, **options: None
command.import_keras = lambda: None

def prepare():
    for file in folder.iterdir():
        file.unlink()
    if force:
        Image.fromarray(page).save(target)

def operate():
    options = ["--force"] if force else []
    status = command.main([str(scan), str(target), "--quiet", *options])
    assert status == 0 or not force and status == 2 and state() == "new", status

def state():
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    assert names in ([], ["clean.png"]), names
    if not names:
        return "none"
    found = np.asarray(Image.open(target))
    if (found == 255 - page).all():
        return "new"
    assert force and (found == page).all()
    return "old"
"""


@pytest.mark.parametrize("options", [["--force"], []], ids=["replacing", "new"])
def test_a_killed_cleaning_leaves_a_whole_page_or_none(options, tmp_path):
    (tmp_path / "out").mkdir()
    code = CLEAN + "kill(folder, prepare, operate, state, kills)"
    found = kill_everywhere(code, tmp_path / "out", *options)
    assert found["old" if options else "none"] > 0


@pytest.mark.parametrize("options", [["--force"], []], ids=["replacing", "new"])
def test_two_cleanings_to_one_target(options, tmp_path):
    (tmp_path / "out").mkdir()
    code = "options = sys.argv[3:]\n" + CLEAN
    code += "status = command.main([str(scan), str(target), '--quiet', *options])\n"
    code += "assert state() == 'new'\nsys.exit(status)"
    command = [sys.executable, "-c", PRELUDE + code, "0", str(tmp_path / "out"), *options]
    both = together(command, dict(os.environ), tmp_path)
    for status, _, errors in both:
        assert status == 0 or (status == 2 and "exists and is left as it is" in errors), errors
    assert min(status for status, _, _ in both) == 0


# Whole commands, on a small course in a folder with spaces and umlauts


SOURCE = """\
import os, time
from course_utils.claims import claim
seed = int(os.environ.get("COURSE_SEED_OFFSET", 0))
claim("the number is high", 10 + seed, above=9)
print("x" * 1000)
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A course of one notebook, whose full data set is the bundled sample."""
    root = tmp_path_factory.mktemp("whole") / "päth with space"
    (root / "chapters").mkdir(parents=True)
    (root / "experiments").mkdir()
    for name in ("tools", "course_utils"):
        ignored = shutil.ignore_patterns("__pycache__", "cleaner", "evidence")
        shutil.copytree(toc.ROOT / name, root / name, ignore=ignored)
    with (root / "course_utils" / "data.py").open("a") as file:
        file.write("\n\n_FULL, DEBIAN_DIR = _SAMPLE, SAMPLE_DIR\n")
    (root / "_toc.yml").write_text("root: index\nchapters:\n- file: chapters/a\n")
    cells = [nbformat.v4.new_code_cell(source) for source in (SOURCE, "time.sleep(0.2)")]
    for k, cell in enumerate(cells):
        cell["id"] = f"cell-{k}"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "chapters" / "a.ipynb")
    return root


@pytest.fixture
def course(original, tmp_path):
    """A copy of it."""
    root = tmp_path / "päth with space"
    shutil.copytree(original, root)
    return root


def command_of(name: str, root: Path) -> tuple[list[str], dict]:
    """Return a command on that course and its environment."""
    options = {
        "execute": ["chapters/a.ipynb"],
        "evidence": ["--seeds", "2", "--sample-seeds", "0", "--workers", "1", "chapters/a.ipynb"],
    }
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"FASHION_MNIST_DIR": "", "KERAS_HOME": str(root / "keras")}
    return [sys.executable, "-m", f"tools.{name}", *options[name]], environment


def run_to_the_end(name: str, root: Path) -> None:
    """Run a command, which must work."""
    command, environment = command_of(name, root)
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def kill_command(name: str, root: Path, seconds: float) -> bool:
    """Start a command and kill it, alone, after so many seconds; return whether it still ran."""
    command, environment = command_of(name, root)
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    # Not communicate: what the killed one started holds the pipes for a second more.
    status = process.wait(timeout=300)
    timer.cancel()
    for pipe in (process.stdout, process.stderr):
        pipe.close()
    return status == -signal.SIGKILL


def wait_until_nobody_works_in(root: Path) -> None:
    """Wait for what a killed command had started; it must end by itself."""
    deadline = time.monotonic() + 60
    while alive := [process for process in Path("/proc").glob("[0-9]*") if works(process, root)]:
        assert time.monotonic() < deadline, [(p / "cmdline").read_bytes() for p in alive]
        time.sleep(0.1)


def works(process: Path, root: Path) -> bool:
    """Say whether a process has its working folder in the course."""
    try:
        return str((process / "cwd").readlink()).startswith(str(root))
    except OSError:  # it has ended meanwhile, or is somebody else's
        return False


def state_of(root: Path) -> str:
    """Check that all files are whole; say how far a command came."""
    assert left_in(root / "chapters") == ["a.ipynb"]
    stored = nbformat.read(root / "chapters" / "a.ipynb", as_version=4)
    nbformat.validate(stored)
    outputs = [len(cell.outputs) for cell in stored.cells]
    assert outputs in ([0, 0], [2, 0])
    for log in root.glob(".evidence/*/*.jsonl"):
        records = [json.loads(line) for line in log.read_text().splitlines()]
        assert [record["kind"] for record in records] == ["claim", "cost"]
        assert records[0]["measured"] == 10 + int(log.stem.split("-")[1])
    evidence = root / "course_utils" / "evidence" / "a.json"
    measured = json.loads(evidence.read_text())["claims"][0]["full"] if evidence.exists() else []
    assert measured in ([], [11], [10, 11])
    if measured == [10, 11]:  # the numbers are stored last
        assert outputs == [2, 0]
    return f"outputs {'new' if outputs[0] else 'old'}, {len(measured)} seeds"


COMPLETE = {"execute": "outputs new, 0 seeds", "evidence": "outputs new, 2 seeds"}


@pytest.mark.parametrize("name", ["execute", "evidence"])
def test_a_killed_command_on_notebooks_leaves_whole_files_only(name, original, course):
    start = time.monotonic()
    run_to_the_end(name, course)
    longest = time.monotonic() - start
    assert state_of(course) == COMPLETE[name]
    found, generator = collections.Counter(), random.Random(1)
    while sum(found.values()) < (KILLS or 1):
        shutil.rmtree(course)
        shutil.copytree(original, course)
        if not kill_command(name, course, generator.uniform(0.1, 1) * longest):
            longest *= 0.9
            continue
        wait_until_nobody_works_in(course)
        found[state_of(course)] += 1
        run_to_the_end(name, course)
        assert state_of(course) == COMPLETE[name]
    print("killed:", name, dict(found))


@full_only
@pytest.mark.parametrize("name", ["execute", "evidence"])
def test_two_commands_on_one_notebook(name, course):
    command, environment = command_of(name, course)
    for status, _, errors in together(command, environment, course):
        assert status == 0, errors
    assert state_of(course) == COMPLETE[name]


# Steps of commands that a random moment hardly hits


STORE = """
from tools import evidence, execute, toc
kills, root = int(sys.argv[1]), Path(sys.argv[2])
path, before = root / "chapters" / "a.ipynb", root.parent / "before"
import nbformat
shutil.copy(path, before)

def prepare():
    for file in path.parent.iterdir():
        file.unlink()
    shutil.copy(before, path)

def operate():
    notebook = nbformat.read(before, as_version=4)
    notebook.metadata["title"] = "new" * 1000
    execute.write(notebook, path)

def state():
    names = [file.name for file in path.parent.iterdir() if not file.name.endswith(".partial")]
    assert names == ["a.ipynb"], names
    found = nbformat.read(path, as_version=4)
    return "new" if "title" in found.metadata else "old"

kill(root, prepare, operate, state, kills)
"""


def test_a_notebook_is_stored_completely_or_not_at_all(course):
    assert kill_everywhere(STORE, course)["old"] > 0


FINISH = """
from tools import evidence
import nbformat
kills, root = int(sys.argv[1]), Path(sys.argv[2])
evidence.toc.ROOT, evidence.CACHE = root, root / ".evidence"
evidence.claims.EVIDENCE_DIR = root / "course_utils" / "evidence"
file = evidence.claims.EVIDENCE_DIR / "a.json"
path, before = Path("chapters/a.ipynb"), root.parent / "before"
shutil.copy(root / path, before)
logs = evidence.cache_of(path)
record = {"kind": "claim", "sentence": "the number is high", "holds": True, "above": 9}

def log(seed):
    return json.dumps({**record, "measured": 10 + seed}) + "\\n"

executed = nbformat.read(before, as_version=4)
output = nbformat.v4.new_output(
    "display_data",
    data={"text/plain": "Claim holds: the number is high"},
    metadata={"claim": {**record, "measured": 10}},
)
executed.cells[0].outputs = [output]
nbformat.write(executed, logs / "a.ipynb")

def prepare():
    for old in [*file.parent.glob("*"), *(root / "chapters").iterdir()]:
        old.unlink()
    shutil.copy(before, root / path)
    for seed in (1, 2, 3, 4):
        (logs / f"full-{seed}.jsonl").write_text(log(seed))
    (logs / "full-0.jsonl").unlink(missing_ok=True)
    evidence.save(path, evidence.gather(path, logs))
    (logs / "full-0.jsonl").write_text(log(0))

def operate():
    if evidence.complaints(path):
        evidence.finish(path, logs)

def state():
    full = json.loads(file.read_text())["claims"][0]["full"]
    assert len(full) in (4, 5)
    shown = nbformat.read(root / path, as_version=4).cells[0].outputs
    assert len(full) == 4 or shown, "the numbers must be stored after the outputs"
    return "new" if len(full) == 5 else "old"

kill(root, prepare, operate, state, kills)
"""


def test_evidence_is_stored_after_the_outputs_that_it_belongs_to(course):
    assert kill_everywhere(FINISH, course)["old"] > 0


# course_utils._files


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a[1].txt"
    path.write_text("old")
    with _files.replacing(path) as one:
        with _files.replacing(path) as two:
            one.write_text("one")
            two.write_text("two")
            assert path.read_text() == "old"
        assert path.read_text() == "two"
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["a[1].txt"]


def test_a_failure_keeps_the_old_file_and_leaves_nothing(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError), _files.replacing(path) as part:
        part.write_text("half")
        raise OSError("disk full")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_was_abandoned_goes_after_an_hour(tmp_path):
    path = tmp_path / "a[1].txt"
    for name, hours in ((".a[1].txt.7-ab.partial", 2), (".a[1].txt.8-ab.partial", 0.5)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - 3600 * hours,) * 2)
    for name in (".b.txt.7-ab.partial", ".a[1].txt.kept"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    with _files.replacing(path) as part:
        part.touch()
    left = [".a[1].txt.8-ab.partial", ".a[1].txt.kept", ".b.txt.7-ab.partial", "a[1].txt"]
    assert sorted(os.listdir(tmp_path)) == left
