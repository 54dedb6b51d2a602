"""Tests of course_utils.data: what is found where, what is refused, what a download leaves behind.

Most use a tiny set of 200 + 100 images in place of the full one, and a server on this machine.
"""

import contextlib
import errno
import gzip
import hashlib
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils import data
from tools import make_sample

NAMES = [file.name for file in data._FULL]


def _tiny_content() -> dict[str, bytes]:
    """Make four small idx files, ten classes in turn."""
    rng = np.random.default_rng(0)
    content = {}
    for prefix, n in (("train", 200), ("t10k", 100)):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        content[f"{prefix}-images-idx3-ubyte"] = make_sample.idx_bytes(images)
        content[f"{prefix}-labels-idx1-ubyte"] = make_sample.idx_bytes(
            np.arange(n, dtype=np.uint8) % 10
        )
    return content


CONTENT = _tiny_content()
ZIPPED = {name: gzip.compress(raw, mtime=0) for name, raw in CONTENT.items()}
TINY = tuple(
    data._IdxFile(
        name,
        (200 if "train" in name else 100, 28, 28)[: 3 if "images" in name else 1],
        hashlib.sha256(CONTENT[name]).hexdigest(),
    )
    for name in NAMES
)


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Expect the tiny set; no copy of it anywhere, an empty Keras cache, and no network."""
    monkeypatch.setattr(data, "_FULL", TINY)
    monkeypatch.setattr(data, "DEBIAN_DIR", tmp_path / "debian")
    monkeypatch.delenv("FASHION_MNIST_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(data, "DOWNLOAD_URL", f"http://127.0.0.1:{_closed_port()}/")
    return tmp_path


def _closed_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _fill(folder: Path, zipped: bool = True, **changed: bytes) -> Path:
    """Write the tiny set into a folder."""
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / (f"{name}.gz" if zipped else name)).write_bytes(
            ZIPPED[name] if zipped else CONTENT[name]
        )
    return folder


def _cache(root: Path) -> Path:
    return root / "keras" / "datasets" / "fashion-mnist"


@contextlib.contextmanager
def _server(answer):
    """Serve GET requests by answer(handler, file name); give the address and the requests."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rsplit("/", 1)[-1]
            seen.append(name)
            with contextlib.suppress(ConnectionError):
                answer(self, name)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", seen
    finally:
        server.shutdown()
        server.server_close()


def _send(handler, body: bytes, length: int | None = None) -> None:
    """Send a good answer, perhaps with less body than it promises."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def _send_tiny(handler, name: str) -> None:
    _send(handler, ZIPPED[name.removesuffix(".gz")])


# What comes back


def test_sample_is_balanced_split_and_scaled(monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    start = time.perf_counter()
    d = data.load_fashion_mnist()
    assert time.perf_counter() - start < 5
    assert d.is_sample
    assert d.x_train.shape == (5500, 28, 28, 1)
    assert d.x_val.shape == (500, 28, 28, 1)
    assert d.x_test.shape == (1000, 28, 28, 1)
    for x, y, per_class in (
        (d.x_train, d.y_train, 550),
        (d.x_val, d.y_val, 50),
        (d.x_test, d.y_test, 100),
    ):
        assert x.dtype == np.float32 and y.dtype == np.int64 and len(x) == len(y)
        assert x.min() == 0 and x.max() == 1
        np.testing.assert_array_equal(np.bincount(y), [per_class] * 10)
    assert d.class_names[0] == "T-shirt" and d.class_names[9] == "ankle boot"
    assert max(map(len, d.describe().splitlines())) <= 76  # what a page shows
    assert str(d) == " ".join(d.describe().splitlines()) == repr(d)[1:-1]
    assert "5,500 training, 500 validation and 1,000 test" in str(d)
    assert "bundled sample" in str(d) and "full set" in str(d)


def test_sample_holds_no_image_twice_and_shares_none(monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    d = data.load_fashion_mnist()
    everything = np.concatenate([d.x_train, d.x_val, d.x_test]).reshape(7000, -1)
    assert len({row.tobytes() for row in everything}) > 6990  # the full set has a few twins itself


def test_sample_can_be_made_again(tmp_path, full_folder):
    make_sample.make_sample(full_folder, tmp_path)
    for file in data._SAMPLE:
        made = gzip.decompress((tmp_path / f"{file.name}.gz").read_bytes())
        assert hashlib.sha256(made).hexdigest() == file.sha256


def test_sample_is_small_and_has_its_licence():
    assert sum(path.stat().st_size for path in data.SAMPLE_DIR.iterdir()) < 4e6
    licence = (data.SAMPLE_DIR / "LICENSE").read_text(encoding="utf-8")
    assert "Zalando SE" in licence and "Permission is hereby granted" in licence


@pytest.fixture
def full_folder(monkeypatch):
    """Return a folder of this machine with the full set, or skip."""
    for folder in (
        Path(os.environ.get("FASHION_MNIST_DIR", "")),
        data.DEBIAN_DIR,
        data._cache_dir(),
    ):
        if (folder / "train-images-idx3-ubyte.gz").is_file():
            return folder
    pytest.skip("the full Fashion-MNIST is not on this machine")


def test_full_set(monkeypatch, full_folder):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(full_folder))
    d = data.load_fashion_mnist()
    assert not d.is_sample and "full set" not in str(d)
    np.testing.assert_array_equal(np.bincount(d.y_train), [5500] * 10)
    np.testing.assert_array_equal(np.bincount(d.y_val), [500] * 10)
    np.testing.assert_array_equal(np.bincount(d.y_test), [1000] * 10)
    assert d.x_test.mean() == pytest.approx(0.2868, abs=1e-4)
    # The sample consists of images of the full set, with the same labels.
    known = {row.tobytes(): label for row, label in zip(d.x_test, d.y_test, strict=True)}
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    sample = data.load_fashion_mnist()
    for row, label in zip(sample.x_test, sample.y_test, strict=True):
        assert known[row.tobytes()] == label


def test_split_is_seeded_stratified_and_complete(tiny, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(_fill(tiny / "own")))
    a, same, other = (data.load_fashion_mnist(num_validation=45, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(a.x_val, same.x_val)
    assert not np.array_equal(a.x_val, other.x_val)
    assert sorted(np.bincount(a.y_val)) == [4] * 5 + [5] * 5
    pixels = np.frombuffer(CONTENT[NAMES[0]], np.uint8, offset=16).reshape(200, -1)
    both = np.concatenate([a.x_train, a.x_val]).reshape(200, -1)
    original = {row.tobytes(): i % 10 for i, row in enumerate(pixels)}
    labels = [original.pop(np.rint(255 * row).astype(np.uint8).tobytes()) for row in both]
    np.testing.assert_array_equal(labels, np.concatenate([a.y_train, a.y_val]))
    assert not original  # every training image is in exactly one part, and no test image is
    np.testing.assert_array_equal(a.x_test, other.x_test)


@pytest.mark.parametrize("num_validation", [0, 9, 191, -5, 2.5, "many", True])
def test_bad_num_validation(tiny, monkeypatch, num_validation):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(_fill(tiny / "own")))
    with pytest.raises(ValueError, match="num_validation"):
        data.load_fashion_mnist(num_validation=num_validation)


def test_bad_seed():
    with pytest.raises(ValueError, match="seed"):
        data.load_fashion_mnist(seed=-1)


def test_digits_are_enlarged_and_keep_their_brightness():
    from sklearn.datasets import load_digits

    x, y = data.load_digits28()
    assert x.shape == (1797, 28, 28, 1) and x.dtype == np.float32 and y.dtype == np.int64
    assert x.min() == 0 and x.max() <= 1
    np.testing.assert_array_equal(y, load_digits().target)
    small = load_digits().images / 16
    np.testing.assert_allclose(x.mean(axis=(1, 2, 3)), small.mean(axis=(1, 2)), atol=0.03)
    centres = np.rint((np.arange(8) + 0.5) * 3.5 - 0.5).astype(int)
    large = x[:, centres][:, :, centres, 0]
    assert np.corrcoef(large.ravel(), small.ravel())[0, 1] > 0.98
    assert len(np.unique(x[0])) > 100  # in between are more greys than the 17 of the original


# The folder that the reader names


@pytest.mark.parametrize("zipped", [True, False])
def test_named_folder_comes_first(tiny, monkeypatch, zipped):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(_fill(tiny / "own", zipped)))
    monkeypatch.setattr(data, "DEBIAN_DIR", tiny / "never read")
    d = data.load_fashion_mnist(num_validation=20)
    assert "FASHION_MNIST_DIR" in d.source and not d.is_sample
    np.testing.assert_array_equal(
        np.rint(255 * d.x_test).astype(np.uint8).tobytes(), CONTENT["t10k-images-idx3-ubyte"][16:]
    )


def test_home_directory_is_expanded(tiny, monkeypatch):
    _fill(tiny / "own")
    monkeypatch.setenv("HOME", str(tiny))
    monkeypatch.setenv("FASHION_MNIST_DIR", "~/own")
    assert data.load_fashion_mnist(num_validation=20).source == "FASHION_MNIST_DIR"


def _flip(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


def _other_shape() -> bytes:
    return make_sample.idx_bytes(np.zeros((100, 56, 14), np.uint8))


BAD = {
    "missing": (None, "is missing"),
    "empty": (b"", "truncated"),
    "truncated in the header": (CONTENT[NAMES[2]][:9], "truncated"),
    "truncated": (CONTENT[NAMES[2]][:-1], "truncated"),
    "truncated, zipped": (ZIPPED[NAMES[2]][:-100], "truncated"),
    "cut to the gzip header": (ZIPPED[NAMES[2]][:5], "truncated"),
    "one bit wrong": (_flip(CONTENT[NAMES[2]]), "SHA-256"),
    "one bit wrong, zipped": (gzip.compress(_flip(CONTENT[NAMES[2]])), "SHA-256"),
    "damaged zip": (ZIPPED[NAMES[2]][:500] + b"?" * 500 + ZIPPED[NAMES[2]][1000:], "damaged"),
    "too long": (CONTENT[NAMES[2]] + b"\0", "SHA-256"),
    "another shape": (_other_shape(), "header"),
    "the training labels": (CONTENT["train-labels-idx1-ubyte"] * 400, "header"),
    "a web page": (b"<html>" + b" " * 100_000, "header"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_file_in_the_named_folder_is_an_error_that_names_it(tiny, monkeypatch, case):
    content, reason = BAD[case]
    folder = _fill(tiny / "own")
    path = folder / f"{NAMES[2]}.gz"
    path.unlink() if content is None else path.write_bytes(content)
    _fill(tiny / "debian")  # a good copy elsewhere is not used silently
    monkeypatch.setenv("FASHION_MNIST_DIR", str(folder))
    kind = FileNotFoundError if content is None else ValueError
    with pytest.raises(kind) as caught:
        data.load_fashion_mnist()
    message = str(caught.value)
    assert message.startswith(f"FASHION_MNIST_DIR is set to {folder}, but {path} ")
    assert reason in message
    assert message.endswith("unset the variable to look elsewhere.") and ". " not in message


def test_named_folder_that_is_missing_empty_or_a_file(tiny, monkeypatch):
    (tiny / "empty").mkdir()
    (tiny / "file").write_text("")
    for name, part in (("gone", "no folder"), ("empty", NAMES[0]), ("file", NAMES[0])):
        monkeypatch.setenv("FASHION_MNIST_DIR", str(tiny / name))
        with pytest.raises(FileNotFoundError, match=part):
            data.load_fashion_mnist()


def test_unreadable_file_is_named(tiny, monkeypatch):
    folder = _fill(tiny / "own")
    (folder / f"{NAMES[1]}.gz").unlink()
    (folder / f"{NAMES[1]}.gz").mkdir()
    monkeypatch.setenv("FASHION_MNIST_DIR", str(folder))
    with pytest.raises(ValueError, match=f"{NAMES[1]}.gz cannot be read"):
        data.load_fashion_mnist()


def test_damaged_sample_is_named(tiny, monkeypatch):
    monkeypatch.setattr(data, "SAMPLE_DIR", tiny / "sample")
    monkeypatch.setenv("FASHION_MNIST_DIR", "sample")
    with pytest.raises(FileNotFoundError, match="get the course again"):
        data.load_fashion_mnist()


# The other places


def test_debian_comes_before_the_cache(tiny):
    _fill(tiny / "debian")
    _fill(_cache(tiny))
    assert "Debian" in data.load_fashion_mnist(num_validation=20).source


def test_damaged_debian_copy_is_reported_and_not_used(tiny):
    path = _fill(tiny / "debian") / f"{NAMES[0]}.gz"
    path.write_bytes(path.read_bytes()[:-50])
    _fill(_cache(tiny))
    with pytest.warns(UserWarning, match=f"{re.escape(str(path))} is truncated"):
        d = data.load_fashion_mnist(num_validation=20)
    assert "Keras" in d.source


def test_keras_cache_is_used_without_a_network(tiny):
    _fill(_cache(tiny))
    with _server(_send_tiny) as (address, seen):
        data.DOWNLOAD_URL = address  # restored by the fixture
        assert data.load_fashion_mnist(num_validation=20).source == "Keras' download cache"
    assert not seen


def test_cache_is_where_keras_keeps_it(monkeypatch, tmp_path):
    from keras.src.backend.config import keras_home  # Keras has no public name for it

    assert data._cache_dir() == Path(keras_home()) / "datasets" / "fashion-mnist"
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert data._cache_dir() == tmp_path / "datasets" / "fashion-mnist"


def test_download_fills_the_cache_with_checked_files_only(tiny):
    with _server(_send_tiny) as (address, seen):
        data.DOWNLOAD_URL = address
        d = data.load_fashion_mnist(num_validation=20)
        assert sorted(seen) == sorted(f"{name}.gz" for name in NAMES)
        data.load_fashion_mnist(num_validation=20)
        assert len(seen) == 4  # the second time from the cache
    assert d.source == "Keras' download cache" and not d.is_sample
    assert {p.name: p.read_bytes() for p in _cache(tiny).iterdir()} == {
        f"{name}.gz": raw for name, raw in ZIPPED.items()
    }


def test_file_gets_its_name_only_when_it_is_complete(tiny, monkeypatch):
    write, named_early = Path.write_bytes, []

    def watch(path, raw):
        named_early.append(path.name.endswith(".gz"))
        return write(path, raw)

    monkeypatch.setattr(Path, "write_bytes", watch)
    with _server(_send_tiny) as (address, _):
        data.DOWNLOAD_URL = address
        data.load_fashion_mnist(num_validation=20)
    assert named_early == [False] * 4


def test_damaged_file_in_the_cache_is_reported_and_downloaded_again(tiny):
    path = _fill(_cache(tiny)) / f"{NAMES[2]}.gz"
    path.write_bytes(path.read_bytes()[:-50])
    with _server(_send_tiny) as (address, seen):
        data.DOWNLOAD_URL = address
        with pytest.warns(UserWarning, match=f"{re.escape(str(path))} is truncated"):
            d = data.load_fashion_mnist(num_validation=20)
    assert seen == [path.name] and not d.is_sample
    assert path.read_bytes() == ZIPPED[NAMES[2]]


def test_damaged_file_in_the_cache_without_a_network_is_reported_and_not_used(tiny):
    path = _fill(_cache(tiny)) / f"{NAMES[2]}.gz"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.warns(UserWarning, match=f"{re.escape(str(path))} is truncated"):
        d = data.load_fashion_mnist()
    assert d.is_sample


# A bad network


def _assert_sample(tiny, reason):
    """Load; check that it is the sample, that the reason is said, and that nothing was saved."""
    start = time.perf_counter()
    d = data.load_fashion_mnist()
    assert d.is_sample and len(d.x_train) == 5500
    assert re.search(rf"the bundled sample \({reason}.*\)", str(d)), str(d)
    assert "The figures in the book are from the full set" in str(d)
    assert not list(tiny.rglob("*ubyte*")) and not list(tiny.rglob("*.partial"))
    return time.perf_counter() - start


def test_limits_leave_a_decision_within_15_seconds():
    # One file is tried before there is a decision; loading the sample takes less than a second.
    assert data.CONNECT_SECONDS <= 10


def test_no_network_is_said_at_once(tiny):
    assert _assert_sample(tiny, "no network") < 5


def test_unknown_host(tiny, monkeypatch):
    def fail(*_args, **_kwargs):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    _assert_sample(tiny, "no network")


def test_name_server_that_never_answers(tiny, monkeypatch):
    monkeypatch.setattr(data, "CONNECT_SECONDS", 0.5)
    stop = threading.Event()

    def wait(*_args, **_kwargs):
        stop.wait(30)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    assert _assert_sample(tiny, "no network") < 5
    stop.set()


def test_server_that_never_answers(tiny, monkeypatch):
    monkeypatch.setattr(data, "CONNECT_SECONDS", 0.5)
    stop = threading.Event()
    with _server(lambda _handler, _name: stop.wait(30)) as (address, _):
        data.DOWNLOAD_URL = address
        assert _assert_sample(tiny, "no network") < 5
        stop.set()


def test_server_that_drips(tiny, monkeypatch):
    monkeypatch.setattr(data, "CONNECT_SECONDS", 0.5)
    stop = threading.Event()

    def drip(handler, name):
        _send(handler, b"", length=1000)
        while not stop.wait(0.1):
            handler.wfile.write(b"\0")

    with _server(drip) as (address, _):
        data.DOWNLOAD_URL = address
        assert _assert_sample(tiny, "no network") < 5
        stop.set()


def test_missing_file_on_the_server(tiny):
    with _server(lambda handler, _name: handler.send_error(404)) as (address, _):
        data.DOWNLOAD_URL = address
        _assert_sample(tiny, "the server answered 404")


def test_web_page_in_place_of_the_file(tiny):
    with _server(lambda handler, _name: _send(handler, b"<html>Log in</html>")) as (address, _):
        data.DOWNLOAD_URL = address
        _assert_sample(tiny, "the download t10k-labels-idx1-ubyte.gz is truncated")


def test_answer_that_breaks_off(tiny):
    def half(handler, name):
        raw = ZIPPED[name.removesuffix(".gz")]
        _send(handler, raw[: len(raw) // 2], length=len(raw))

    with _server(half) as (address, _):
        data.DOWNLOAD_URL = address
        _assert_sample(tiny, "(the download broke off|no network)")


def test_wrong_content_from_the_server_is_not_saved(tiny):
    def wrong(handler, name):
        _send(handler, gzip.compress(_flip(CONTENT[name.removesuffix(".gz")])))

    with _server(wrong) as (address, _):
        data.DOWNLOAD_URL = address
        _assert_sample(tiny, "the download .* SHA-256")


def test_network_that_fails_after_the_first_file_keeps_only_that(tiny, monkeypatch):
    monkeypatch.setattr(data, "STALL_SECONDS", 0.5)
    stop = threading.Event()

    def one(handler, name):
        if "t10k-labels" in name:
            _send_tiny(handler, name)
        else:
            _send(handler, ZIPPED[name.removesuffix(".gz")][:20], length=10**6)
            stop.wait(30)

    with _server(one) as (address, _):
        data.DOWNLOAD_URL = address
        d = data.load_fashion_mnist()
        stop.set()
    assert d.is_sample and ("the download broke off" in str(d) or "no network" in str(d))
    assert [path.name for path in _cache(tiny).iterdir()] == ["t10k-labels-idx1-ubyte.gz"]


def test_slow_network_is_given_up_in_the_end(tiny, monkeypatch):
    monkeypatch.setattr(data, "DOWNLOAD_SECONDS", 1.0)
    stop = threading.Event()

    def slow(handler, name):
        if "t10k-labels" in name:
            _send_tiny(handler, name)
        else:
            _send(handler, b"", length=10**6)
            while not stop.wait(0.05):
                handler.wfile.write(bytes(2000))

    with _server(slow) as (address, _):
        data.DOWNLOAD_URL = address
        d = data.load_fashion_mnist()
        stop.set()
    assert d.is_sample and "a slow network" in str(d)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_download_leaves_nothing_behind(tiny, sent):
    """In another process, while the second file is on its way."""
    code = """
import json, signal, sys
from course_utils import data
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in background
given = json.loads(sys.argv[1])
data._FULL = tuple(data._IdxFile(n, tuple(s), h) for n, s, h in given["files"])
data.DEBIAN_DIR = data.Path("/nowhere")
data.DOWNLOAD_URL = given["url"]
print(data.load_fashion_mnist())
"""
    started, stop = threading.Event(), threading.Event()

    def stuck(handler, name):
        if "t10k-labels" in name:
            _send_tiny(handler, name)
        else:
            _send(handler, ZIPPED[name.removesuffix(".gz")][:-1], length=10**6)
            started.set()
            stop.wait(30)

    with _server(stuck) as (address, _):
        given = json.dumps({"files": TINY, "url": address})
        child = subprocess.Popen(
            [sys.executable, "-c", code, given], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert started.wait(30)
        time.sleep(0.3)
        child.send_signal(sent)
        out, err = child.communicate(timeout=10)
        stop.set()
    assert child.returncode != 0 and not out
    assert sent == signal.SIGKILL or b"KeyboardInterrupt" in err
    assert [path.name for path in _cache(tiny).iterdir()] == ["t10k-labels-idx1-ubyte.gz"]


def test_full_disk_costs_only_the_copy(tiny, monkeypatch):
    write = Path.write_bytes

    def full(path, raw):
        write(path, raw[: len(raw) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with _server(_send_tiny) as (address, _), monkeypatch.context() as patch:
        data.DOWNLOAD_URL = address
        patch.setattr(Path, "write_bytes", full)
        with pytest.warns(UserWarning, match=r"not saved \(No space left on device\)"):
            d = data.load_fashion_mnist(num_validation=20)
    assert not d.is_sample and len(d.x_test) == 100
    assert not list(_cache(tiny).iterdir())


def test_cache_that_cannot_be_made(tiny):
    (tiny / "keras").write_text("a file in the way")
    with _server(_send_tiny) as (address, _):
        data.DOWNLOAD_URL = address
        with pytest.warns(UserWarning, match="not saved"):
            assert not data.load_fashion_mnist(num_validation=20).is_sample


# python -m course_utils.data


@pytest.mark.parametrize(
    ("folder", "status", "text"),
    [("sample", 0, "from the bundled sample"), ("/no/such/folder", 1, "there is no folder")],
)
def test_command_says_in_one_line_which_copy_is_used(folder, status, text):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "course_utils.data"],
        env={**os.environ, "FASHION_MNIST_DIR": folder},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == status
    said, silent = (result.stdout, result.stderr) if status == 0 else (result.stderr, result.stdout)
    assert text in said and said.count("\n") == 1 and not silent


def test_the_ten_classes_are_in_the_published_order():
    published = [
        "T-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
    ]
    assert (*published, "ankle boot") == data.CLASS_NAMES


def test_images_and_labels_of_the_test_set_keep_their_order(tiny, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(_fill(tiny / "own")))
    d = data.load_fashion_mnist(num_validation=20)
    np.testing.assert_array_equal(d.y_test, np.arange(100) % 10)
    pixels = np.frombuffer(CONTENT[NAMES[2]], np.uint8, offset=16).reshape(100, 28, 28)
    np.testing.assert_allclose(d.x_test[..., 0], pixels / 255, rtol=1e-6)
    assert d.class_names == data.CLASS_NAMES


def test_the_validation_images_are_spread_over_the_training_set(tiny, monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(_fill(tiny / "own")))
    pixels = np.frombuffer(CONTENT[NAMES[0]], np.uint8, offset=16).reshape(200, -1)
    place = {row.tobytes(): i for i, row in enumerate(pixels)}
    d = data.load_fashion_mnist(num_validation=100, seed=4)
    chosen = [place[np.rint(255 * row).astype(np.uint8).tobytes()] for row in d.x_val]
    assert chosen == sorted(chosen)
    assert 30 < np.sum(np.array(chosen) < 100) < 70
