"""Files that are there completely or not at all, and the folder that Keras keeps its own in."""

import contextlib
import glob
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

_ABANDONED = 3600.0  # seconds after which nobody is still writing a file


@contextlib.contextmanager
def replacing(path: Path, suffix: str = ".partial") -> Iterator[Path]:
    """Give the name of a file to be written, which takes the place of `path` at the very end.

    Whoever opens `path` finds the old file or the whole new one, even if this process is killed.
    Two processes that write the same file do not meet: the last one's file stays. What killed ones
    left behind is removed after an hour.

    The name is in the same folder, which exists, and ends in `suffix`. OSError says that the file
    could not be written or renamed; then nothing new is left in the folder.
    """
    start = f".{path.name[:40]}."  # a name must not become too long
    for old in glob.glob(os.path.join(glob.escape(str(path.parent)), f"{glob.escape(start)}*")):
        with contextlib.suppress(OSError):
            if old.endswith(suffix) and time.time() - os.path.getmtime(old) > _ABANDONED:
                os.remove(old)
    part = path.with_name(f"{start}{os.getpid()}-{secrets.token_hex(4)}{suffix}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def keras_home() -> Path:
    """Return the folder of Keras' settings and downloads, by Keras' own rules.

    Keras has no public function for it, and most commands do not need Keras itself. Where there is
    no home folder, it is in `/tmp`.
    """
    if "KERAS_HOME" in os.environ:
        return Path(os.path.expanduser(os.environ["KERAS_HOME"]))
    user = os.path.expanduser("~")
    return Path(user if os.access(user, os.W_OK) else "/tmp") / ".keras"
