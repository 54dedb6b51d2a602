"""Re-execute notebooks and store their outputs: python -m tools.execute [NOTEBOOK ...]

Each runs from a fresh kernel. A run that fails, is interrupted or cannot be saved leaves the stored
notebook as it was.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ipykernel.kernelspec
import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from course_utils import claims
from course_utils._files import replacing
from course_utils.data import load_fashion_mnist
from tools import toc

try:
    import resource
except ImportError:  # on Windows
    resource = None

UNCHANGED = "the stored notebook is unchanged"
LARGE = 1_000_000  # bytes: above this, GitHub and readers' connections suffer
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "pygments_lexer": "ipython3"},
}


class NotExecuted(Exception):
    """Why a notebook was not executed or not stored, in one sentence."""


class Stopped(NotExecuted):
    """The run was interrupted; the notebooks that follow are not executed either."""


@dataclass(frozen=True)
class CellTime:
    """When a code cell ran: its number from 1 among all cells, and wall-clock seconds."""

    number: int
    seconds: float  # that it took
    end: float  # since the notebook was started
    has_picture: bool


class _ThisPython(KernelSpecManager):
    """Gives the Python that runs this command, whatever kernels are installed elsewhere."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel of the running Python under any name."""
        folder = ipykernel.kernelspec.RESOURCES
        return KernelSpec(resource_dir=folder, **ipykernel.kernelspec.get_kernel_dict())


def run(
    path: Path,
    environment: Mapping[str, str] | None = None,
    times: list[CellTime] | None = None,
    then: str = "",
) -> tuple[NotebookNode, float, float]:
    """Execute a notebook from a fresh kernel, in its own folder.

    Args:
        path: the notebook.
        environment: variables for the kernel besides those of this process.
        times: where to put what each code cell took.
        then: code to run after the last cell, which is not stored.

    Returns:
        The notebook with its new outputs, wall-clock seconds and CPU seconds. (On Windows the CPU
        seconds are those of the kernel up to the end of its last cell.)

    Raises:
        NotExecuted: the file is not a notebook, a cell failed, or the system ended the kernel.
        Stopped: the run was interrupted by Ctrl-C.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise NotExecuted(f"there is no notebook {path}") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError):
        raise NotExecuted(f"{path} is not a notebook (its content is not valid)") from None
    except OSError as error:
        raise NotExecuted(f"{path} cannot be read ({error.strerror})") from None
    if then:
        notebook.cells.append(nbformat.v4.new_code_cell(then))
    total = len(notebook.cells)
    interrupted = threading.Event()
    clock = {"cell": 0.0, "kernel cpu": 0.0}

    def before_cell(cell_index: int, **_: object) -> None:
        clock["cell"] = time.perf_counter()
        if interrupted.is_set():
            raise KeyboardInterrupt
        if sys.stdout.isatty():
            print(f"\r{path}: cell {cell_index + 1} of {total} ", end="", flush=True)

    def after_cell(cell: NotebookNode, cell_index: int, **_: object) -> None:
        now = time.perf_counter()
        if resource is None:
            clock["kernel cpu"] = _cpu_of(client.km.provisioner.pid)
        if times is not None:
            shown = any("image/png" in output.get("data", {}) for output in cell.outputs)
            times.append(CellTime(cell_index + 1, now - clock["cell"], now - wall, shown))

    # The kernel's sockets are told in a file, for which the home folder may have no place.
    try:
        told = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    except OSError as error:
        reason = f"{path}: there is no room for temporary files ({error.strerror})"
        raise NotExecuted(f"{reason}; {UNCHANGED}") from None
    sockets = os.path.join(told.name, "kernel.json")
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_spec_manager=_ThisPython(), connection_file=sockets),
        timeout=None,
        resources={"metadata": {"path": str(path.resolve().parent)}},
        record_timing=False,
        on_cell_start=before_cell,
        on_cell_executed=after_cell,
    )
    client.owns_km = True  # shut the kernel down at the end, so that its CPU time is known
    # Without MPLBACKEND a kernel draws into the notebook, whatever this process does.
    variables = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | dict(environment or {})
    wall, cpu = time.perf_counter(), _children_cpu()
    # In a thread, because in the main one nbclient handles Ctrl-C itself, and not in every state.
    with told, ThreadPoolExecutor(max_workers=1) as pool:
        # What cells write does not go to the process's stderr; its own remarks on its sockets do.
        running = pool.submit(client.execute, env=variables, stderr=subprocess.DEVNULL)
        try:
            running.result()
        except CellExecutionError as error:
            print(f"\n{error.traceback}", file=sys.stderr)
            reason = f"{path} failed with {error.ename}: {error.evalue}"
            raise NotExecuted(f"{reason}; {UNCHANGED}") from None
        except DeadKernelError:
            reason = f"{path}: the system ended its kernel (out of memory?)"
            raise NotExecuted(f"{reason}; {UNCHANGED}") from None
        except OSError as error:
            reason = f"{path}: its kernel could not be started ({error.strerror or error})"
            raise NotExecuted(f"{reason}; {UNCHANGED}") from None
        except KeyboardInterrupt:
            interrupted.set()
            if client.km.has_kernel:
                os.kill(client.km.provisioner.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            raise Stopped(f"{path}: interrupted; {UNCHANGED}") from None
        finally:
            if sys.stdout.isatty():
                print("\r", end="")
    if then:
        notebook.cells.pop()
    return notebook, time.perf_counter() - wall, _children_cpu() - cpu + clock["kernel cpu"]


def normalise(notebook: NotebookNode) -> None:
    """Remove from an executed notebook, in place, what differs between two good runs or machines.

    Standard error, timings, widgets and the versions of Python and its kernel go; pictures stay.
    """
    notebook.metadata = nbformat.from_dict(
        {k: v for k, v in notebook.metadata.items() if k not in (*METADATA, "widgets")} | METADATA
    )
    count = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if not _is_volatile(output)]
        count += bool(cell.source.strip())
        cell.execution_count = count if cell.source.strip() else None
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


def write(notebook: NotebookNode, path: Path) -> int:
    """Store a notebook completely or not at all.

    Returns:
        Its size in bytes.

    Raises:
        NotExecuted: it could not be written; the old file is unchanged.
    """
    return write_text((nbformat.writes(notebook).rstrip("\n") + "\n"), path)


def write_text(text: str, path: Path) -> int:
    """Store a text file, as UTF-8, completely or not at all.

    Returns:
        Its size in bytes.

    Raises:
        NotExecuted: it could not be written; the old file is unchanged.
    """
    content = text.encode()
    try:
        with replacing(path) as part:
            part.write_bytes(content)
            if path.exists():
                part.chmod(path.stat().st_mode & 0o777)
    except OSError as error:
        raise NotExecuted(
            f"{path} could not be saved ({error.strerror}); the old file is unchanged: "
            "make room and run the command again"
        ) from None
    return len(content)


def execute(path: Path, allow_sample: bool = False) -> str:
    """Re-execute a notebook and store it.

    Args:
        path: the notebook.
        allow_sample: whether outputs from the bundled sample of Fashion-MNIST may be stored.

    Returns:
        One line: wall-clock and CPU seconds and the size of the file.

    Raises:
        NotExecuted: it was not stored; the old file is unchanged.
    """
    if not allow_sample and path.is_file() and b"load_fashion_mnist" in _read(path):
        try:
            data = load_fashion_mnist()
        except (FileNotFoundError, ValueError) as error:
            raise NotExecuted(f"{path} was not executed: {str(error).rstrip('.')}") from None
        if data.is_sample:
            raise NotExecuted(
                f"{path} was not executed, since only {data.source} is at hand and the book shows "
                "the full set: get the data (python -m course_utils.data), or pass --allow-sample"
            )
    with tempfile.TemporaryDirectory() as made:
        notebook, wall, cpu = run(path, then=exporting(path, Path(made)))
        normalise(notebook)
        size = write(notebook, path)
        publish(Path(made))
    for sentence in left_their_spread(notebook):
        print(f"{path}: outside the range of the stored seeds: {sentence}")
    line = f"{path}: stored after {wall:.0f} s ({cpu:.0f} CPU seconds), {size / 1000:,.0f} kB"
    return line + (" (too large: a chapter should stay under 1 MB)" if size > LARGE else "")


def exporting(path: Path, folder: Path) -> str:
    """Return code that exports what a notebook's living figures show to a folder, or nothing."""
    from tools.live.exports import EXPORTS  # it imports Keras, which only this function needs

    try:
        notebook = path.resolve().relative_to(toc.ROOT).as_posix()
    except ValueError:  # a copy elsewhere
        return ""
    if notebook not in EXPORTS:
        return ""
    return (
        f"import sys; sys.path.insert(0, {str(toc.ROOT)!r})\n"
        "import pathlib\n"
        "from tools.live import exports\n"
        f"exports.export({notebook!r}, globals(), pathlib.Path({str(folder)!r}))\n"
    )


def publish(folder: Path) -> None:
    """Put what was exported to a folder to its place in the project."""
    for file in sorted(folder.rglob("*.js")):
        target = toc.ROOT / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as part:
            shutil.copyfile(file, part)


def left_their_spread(notebook: NotebookNode) -> list[str]:
    """Return the claims of an executed notebook that measured what no stored seed did, in words.

    Helpers may have changed since the evidence was measured; this is how that shows.
    """
    found = []
    stored = claims.stored_seeds()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            record = output.get("metadata", {}).get("claim", {})
            sentence = output.get("data", {}).get("text/plain", "").partition(": ")[2]
            seeds = stored.get(sentence)
            if seeds and record.get("kind") == "claim":
                slack = 1e-4 * max(map(abs, seeds))  # stored with five digits
                if not min(seeds) - slack <= record["measured"] <= max(seeds) + slack:
                    found.append(f"{sentence} ({claims.describe(record, seeds)})")
    return found


def _read(path: Path) -> bytes:
    """Read a file, or raise NotExecuted."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotExecuted(f"{path} cannot be read ({error.strerror})") from None


def _is_volatile(output: NotebookNode) -> bool:
    """Say whether an output is standard error or a widget."""
    if output.output_type == "stream":
        return output.name == "stderr"
    return any(kind.startswith("application/vnd.jupyter.widget") for kind in output.get("data", ()))


def _children_cpu() -> float:
    """Return the CPU seconds of the processes that this one has started and that have ended.

    Windows does not say, so there it is zero.
    """
    if resource is None:
        return 0.0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _cpu_of(pid: int) -> float:
    """Return the CPU seconds of a running process, as psutil, which ipykernel needs, tells them."""
    import psutil

    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.execute", description=__doc__)
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="default: all, in the order of _toc.yml"
    )
    parser.add_argument(
        "--allow-sample", action="store_true", help="store outputs from the bundled sample"
    )
    options = parser.parse_args(arguments)
    status = 0
    for path in options.notebooks or toc.notebooks():
        try:
            print(execute(path, options.allow_sample))
        except Stopped as error:
            print(f"{error}.", file=sys.stderr)
            return 130
        except KeyboardInterrupt:  # while it was read, checked or written
            print(f"{path}: interrupted; {UNCHANGED}.", file=sys.stderr)
            return 130
        except NotExecuted as error:
            print(f"{error}.", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
