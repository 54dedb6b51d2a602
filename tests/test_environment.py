"""Other machines: Keras set otherwise, no home folder, a full disk, spaces and umlauts in paths."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils import _files, data
from tools import execute, toc

ROOT = toc.ROOT
ODD = "päth with space [1]"


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the course with exactly these variables."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if "KERAS_BACKEND" in os.environ:
        given["KERAS_BACKEND"] = os.environ["KERAS_BACKEND"]
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**given, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# keras.json

FORKED = """
import json, os, sys, warnings
import keras
for name in ("models", "objectives", "training", "metrics", "autodiff"):
    pid = os.fork()
    if pid == 0:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            __import__(f"course_utils.{name}")
        said = [str(w.message) for w in caught if "Keras was to" in str(w.message)]
        config = keras.config
        found = [config.image_data_format(), config.floatx(), config.dtype_policy().name, said]
        print(json.dumps([name, *found]), flush=True)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
pid = os.fork()
if pid == 0:
    from course_utils import models, training
    import numpy as np
    images = np.random.default_rng(0).random((40, 28, 28, 1))
    for model, loss in ((models.conv_vae(), None), (models.conv_denoiser(), "mse")):
        for layer in model._flatten_layers():
            assert getattr(layer, "data_format", "channels_last") == "channels_last", layer
            assert {layer.compute_dtype, layer.variable_dtype} == {"float32"}, layer
        training.fit(model, images, loss=loss, epochs=1)
    assert [w.shape for w in models.conv_denoiser().weights][-2] == (3, 3, 64, 1)
    print("trained", flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""


def keras_set_to(folder: Path, **entries: str) -> Path:
    """Write a keras.json; return its folder."""
    home = folder / ODD
    home.mkdir()
    (home / "keras.json").write_text(json.dumps({"floatx": "float32", **entries}))
    return home


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("floatx", ["float32", "float16"])
def test_keras_json_does_not_change_what_is_trained(floatx, tmp_path):
    home = keras_set_to(tmp_path, image_data_format="channels_first", floatx=floatx)
    done = python("-c", FORKED, KERAS_HOME=str(home))
    *modules, trained = done.stdout.splitlines()
    assert trained == "trained", done.stderr
    assert len(modules) == 5
    for line in modules:
        name, *found, said = json.loads(line)
        assert found == ["channels_last", "float32", "float32"], name
        if floatx == "float32":
            assert not said
        else:
            (sentence,) = said
            assert sentence == (
                f'Keras was to compute in float16 ("floatx" in {home / "keras.json"}); the course '
                "computes in float32, since its numbers are those of float32."
            )


def test_a_policy_that_the_program_chose_is_left_and_refused_in_training(tmp_path):
    code = (
        "import keras; keras.config.set_dtype_policy('mixed_float16')\n"
        "from course_utils import models, training; import numpy as np\n"
        "assert keras.config.dtype_policy().name == 'mixed_float16'\n"
        "x = np.zeros((4, 28, 28, 1), 'float32')\n"
        "training.fit(models.linear_autoencoder(2), x, loss='mse', epochs=1)"
    )
    done = python("-c", code, HOME=str(tmp_path))
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: the model must compute in float32") and "float16" in last


def test_importing_the_course_or_its_data_does_not_import_keras():
    code = "import sys, course_utils.data, course_utils._files\nassert 'keras' not in sys.modules"
    assert python("-c", code).returncode == 0


# No home folder


@pytest.fixture
def no_home(tmp_path) -> dict[str, str]:
    """A home in which nobody, not even root, can write: its name is a file's."""
    (tmp_path / "file").touch()
    return {"HOME": str(tmp_path / "file" / "home"), "TMPDIR": str(tmp_path)}


@pytest.mark.parametrize("home", ["none", "bad"])
def test_the_data_are_found_without_a_home(home, no_home):
    environment = no_home if home == "bad" else {}
    done = python("-m", "course_utils.data", FASHION_MNIST_DIR="sample", **environment)
    assert (done.returncode, done.stderr) == (0, "") and "the bundled sample" in done.stdout


def test_keras_home_is_in_tmp_for_a_user_without_a_home(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as for an unknown user
    monkeypatch.chdir(tmp_path)
    assert _files.keras_home() == Path("/tmp/.keras")
    assert data._cache_dir() == Path("/tmp/.keras/datasets/fashion-mnist")


def test_a_home_of_an_unknown_user_is_no_folder(monkeypatch):
    monkeypatch.setenv("FASHION_MNIST_DIR", "~nobody-of-this-name/mnist")
    with pytest.raises(FileNotFoundError, match="there is no folder ~nobody-of-this-name/mnist"):
        data.load_fashion_mnist()


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook that was never executed."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.mark.parametrize("home", ["none", "bad"])
def test_a_notebook_is_executed_without_a_home_and_in_an_odd_folder(home, no_home, tmp_path):
    folder = tmp_path / ODD
    folder.mkdir()
    path = folder / "ä b.ipynb"
    write_notebook(path, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "print('ended')")
    environment = no_home if home == "bad" else {"TMPDIR": str(tmp_path)}
    done = python("-m", "tools.execute", str(path), **environment)
    assert done.returncode == 0, done.stderr
    outputs = nbformat.read(path, as_version=4).cells[1].outputs
    assert [output.text for output in outputs] == ["ended\n"]
    assert os.listdir(folder) == [path.name]


# A full disk, files that cannot be read


def test_no_room_for_temporary_files_is_one_sentence(monkeypatch, tmp_path):
    path = tmp_path / "a.ipynb"
    write_notebook(path, "1 + 1")
    before = path.read_bytes()

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(execute.tempfile, "TemporaryDirectory", full)
    with pytest.raises(execute.NotExecuted, match=r"no room .*\(No space left on device\); the st"):
        execute.run(path)
    assert path.read_bytes() == before


def test_a_folder_or_bytes_in_place_of_a_notebook_are_one_sentence(capsys, tmp_path):
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe")
    paths = [str(tmp_path / name) for name in ("folder.ipynb", "bytes.ipynb", "gone.ipynb")]
    assert execute.main(paths) == 1
    said = capsys.readouterr().err.splitlines()
    for line, words in zip(said, ("cannot be read (Is a", "is not a notebook", "is no notebook")):
        assert words in line
    assert len(said) == 3


def test_an_interrupt_between_the_steps_is_one_sentence(capsys, monkeypatch, tmp_path):
    path = tmp_path / "a.ipynb"
    write_notebook(path, "1 + 1")
    before = path.read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    assert execute.main([str(path)]) == 130
    assert "interrupted; the stored notebook is unchanged." in capsys.readouterr().err
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.ipynb"]
