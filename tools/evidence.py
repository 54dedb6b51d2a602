"""Measure the claims over several seeds and keep what came out: python -m tools.evidence [FILE ...]

A FILE is a notebook of `chapters/` or a script of `experiments/`; without any, all whose evidence
is missing or belongs to other code. Each notebook runs with the seeds 1, 2, ... and on the bundled
sample, then with seed 0, whose outputs are stored. The numbers go to
`course_utils/evidence/<chapter>.json`, those of experiments to `.../experiments/<name>.json`.

What has been run is kept in `.evidence/`, so that an interrupted command goes on where it was.
"""

import argparse
import datetime
import importlib
import json
import os
import platform
import re
import secrets
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from importlib.metadata import version
from multiprocessing import get_context, parent_process
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils import claims
from course_utils.data import load_fashion_mnist
from tools import fingerprint, renaming, toc
from tools.execute import (
    NotExecuted,
    exporting,
    normalise,
    publish,
    run,
    write,
    write_text,
)

SEEDS = 5
SAMPLE_SEEDS = 2
CACHE = toc.ROOT / ".evidence"
EXPERIMENTS = Path("experiments")
PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")
Job = tuple[str, int]  # "full" or "sample", and the seed


# Where things are


def file_of(path: Path) -> Path:
    """Return the file of evidence of a notebook or experiment."""
    folder = toc.ROOT / "course_utils" / "evidence"
    if path.suffix == ".py":
        folder = folder / "experiments"
    return folder / f"{path.stem}.json"


def stored(path: Path) -> dict:
    """Return the evidence of a notebook or experiment; an empty dictionary if there is none."""
    file = file_of(path)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def experiments() -> list[Path]:
    """Return the scripts of experiments, relative to the root."""
    found = (toc.ROOT / EXPERIMENTS).glob("*.py")
    return sorted(p.relative_to(toc.ROOT) for p in found if not p.name.startswith("_"))


# What is out of date


def complaints(path: Path) -> list[str]:
    """Return what is missing in the evidence of a file, or was measured of other code."""
    kept = stored(path)
    source = (toc.ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".py":
        if len(kept.get("seeds", ())) < SEEDS:
            return [f"fewer than {SEEDS} seeds are stored"]
        changed = kept["code"] != fingerprint.script(source)
        return ["the script has changed since its results were stored"] if changed else []
    found = []
    claimed = {entry["sentence"]: entry for entry in kept.get("claims", ())}
    spreads = kept.get("spreads", ())
    for one in fingerprint.recorded(nbformat.reads(source, as_version=4)):
        if one.kind == "claim":
            entry = claimed.get(one.key)
        else:
            named = [entry for entry in spreads if re.fullmatch(one.key, entry["name"])]
            entry = next((e for e in named if e["code"] == one.code), next(iter(named), None))
        if entry is None or len(entry["full"]) < SEEDS:
            found.append(f"cell {one.cell}: no evidence for the {one.kind} {one.key!r}")
        elif entry["code"] != one.code:
            found.append(f"cell {one.cell}: the code behind this {one.kind} changed: {one.key!r}")
    return found


# One run, in a process of its own


def run_notebook(path: Path, job: Job, folder: Path) -> str:
    """Run a notebook with one seed; keep its log and, for seed 0 of the full set, its outputs.

    Returns:
        A line that says what it took.

    Raises:
        NotExecuted: a cell failed for another reason than a claim.
    """
    source, seed = job
    log = folder / f"{source}-{seed}.jsonl"
    partial = _partial(log)
    variables = {
        "COURSE_SEED_OFFSET": str(seed),
        "COURSE_CLAIMS_LOG": str(partial),
        "COURSE_CLAIMS_KEEP_GOING": "1",
    }
    if source == "sample":
        variables["FASHION_MNIST_DIR"] = "sample"
    try:
        shown = job == ("full", 0)  # outputs, and what the living figures show
        then = exporting(toc.ROOT / path, folder / "live") if shown else ""
        notebook, wall, cpu = run(toc.ROOT / path, variables, then=then)
        if shown:
            normalise(notebook)
            write(notebook, folder / path.name)
        with partial.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": "cost", "cpu_seconds": round(cpu, 1)}) + "\n")
        partial.replace(log)
    except OSError as error:
        raise NotExecuted(f"{log} could not be saved ({error.strerror}): make room") from None
    finally:
        partial.unlink(missing_ok=True)
    return f"{path}: {source}, seed {seed}: {wall:.0f} s ({cpu:.0f} CPU seconds)"


def run_script(path: Path, job: Job, folder: Path) -> str:
    """Run an experiment with one seed and keep what it returns."""
    _, seed = job
    start = time.process_time()
    result = importlib.import_module(f"experiments.{path.stem}").run(seed)
    write_text(json.dumps(result) + "\n", folder / f"full-{seed}.jsonl")
    return f"{path}: seed {seed}: {time.process_time() - start:.0f} CPU seconds"


def _partial(log: Path) -> Path:
    """Return a name for the log of a run that is not complete: no two runs write one file."""
    return log.with_name(f"{log.stem}.{os.getpid()}-{secrets.token_hex(4)}.partial")


def _end_with_parent() -> None:
    """End this worker when the command that started it was killed, and its kernels with it."""
    parent_process().join()
    os._exit(1)


def start_worker(cores: list[int], counter) -> None:
    """Give this worker a core of its own, where the system lets it, and no life of its own."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with counter.get_lock():
        mine = counter.value
        counter.value += 1
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores[mine % len(cores)]})


# What the runs said


def read_log(log: Path) -> list[dict]:
    """Return the records of one run."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def gather(path: Path, folder: Path) -> dict:
    """Put the logs of a notebook's runs together: one entry for each claim and each spread."""
    notebook = nbformat.read(toc.ROOT / path, as_version=4)
    logs = {log.stem: read_log(log) for log in sorted(folder.glob("*.jsonl"))}
    recorded = fingerprint.recorded(notebook)
    claimed = []
    for one in (one for one in recorded if one.kind == "claim"):
        entry = {"sentence": one.key, "code": one.code, "full": [], "sample": []}
        for name, records in logs.items():
            for r in records:
                if r["kind"] != "claim" or r["sentence"] != one.key:
                    continue
                if "seeds" in r:  # an experiment's, the same in every run
                    entry["full"] = rounded(r["seeds"])
                else:
                    entry[name.split("-")[0]].append(rounded(r["measured"]))
        claimed.append(entry)
    # the longest pattern first, so that a name belongs to the call that says most of it
    spreading = sorted((one for one in recorded if one.kind == "spread"), key=lambda o: -len(o.key))
    spreads: dict[str, dict] = {}
    for name, records in logs.items():
        for record in records:
            if record["kind"] != "spread" or not name.startswith("full"):
                continue
            one = next(one for one in spreading if re.fullmatch(one.key, record["name"]))
            entry = {"name": record["name"], "code": one.code, "full": []}
            spreads.setdefault(record["name"], entry)["full"].append(rounded(record["value"]))
    costs = [
        r["cpu_seconds"]
        for k, records in logs.items()
        for r in records
        if r["kind"] == "cost" and k.startswith("full")
    ]
    cost = round(sum(costs) / max(1, len(costs)))
    found = {"claims": claimed, "spreads": list(spreads.values())}
    return {**heading(path), "cpu_seconds_per_run": cost, **found}


def heading(path: Path) -> dict:
    """Return what evidence begins with: whose it is, the day, and the versions."""
    versions = {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    return {"of": path.as_posix(), "date": datetime.date.today().isoformat(), "versions": versions}


def rounded(value: object) -> object:
    """Return numbers with five digits, in lists as they were."""
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.5g}")


def save(path: Path, evidence: dict) -> None:
    """Write a file of evidence, a claim or a seed a line, completely or not at all."""
    lines = []
    for key, value in evidence.items():
        if key in ("claims", "spreads"):
            rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value)
            lines.append(f' "{key}": [\n{rows}\n ]' if rows else f' "{key}": []')
        elif key == "seeds":
            rows = ",\n".join(f'  "{seed}": {json.dumps(row)}' for seed, row in value.items())
            lines.append(f' "{key}": {{\n{rows}\n }}')
        else:
            lines.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    file = file_of(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text("{\n" + ",\n".join(lines) + "\n}\n", file)


def restate(notebook: NotebookNode) -> bool:
    """Show in stored outputs what the claims' evidence is now; return whether anything changed.

    A claim whose sentence or literal bounds were edited gets them too, if it still holds by them.
    """
    claims._stored.cache_clear()
    changed = False
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        outputs = [o for o in cell.outputs if "claim" in o.get("metadata", {})]
        written = list(fingerprint.calls(fingerprint.parsed(cell.source), ("claim", "check")))
        for k, output in enumerate(outputs):
            record = dict(output.metadata["claim"])
            text = output.data["text/plain"]
            record["sentence"] = text.split(": ", 1)[1]
            if len(written) == len(outputs) and written[k].args:
                update(record, written[k])
            if not record["holds"]:
                continue
            word = "Claim holds" if record["kind"] == "claim" else "Checked"
            data = {"text/html": claims.rich(record), "text/plain": f"{word}: {record['sentence']}"}
            if dict(output.data) != data:
                output.data = nbformat.from_dict(data)
                kept = {key: value for key, value in record.items() if key != "sentence"}
                output.metadata["claim"] = nbformat.from_dict(kept)
                changed = True
    return changed


def update(record: dict, call) -> None:
    """Give a stored record the sentence and the bounds that its call has now."""
    import ast

    if isinstance(call.args[0], ast.Constant):
        record["sentence"] = call.args[0].value
    bounds = {}
    for keyword in call.keywords:
        if keyword.arg in ("above", "below", "within"):
            try:
                value = ast.literal_eval(keyword.value)
            except ValueError:
                return  # an expression: what was stored stands
            bounds |= (
                {"above": float(value[0]), "below": float(value[1])}
                if keyword.arg == "within"
                else {keyword.arg: float(value)}
            )
    if "measured" not in record or not bounds:
        return
    low, high = bounds.get("above", -float("inf")), bounds.get("below", float("inf"))
    if all(low <= number <= high for number in record.get("seeds", [record["measured"]])):
        for key in ("above", "below"):
            record.pop(key, None)
        record |= bounds | {"holds": True}


def rename(path: Path) -> int:
    """Give evidence the new sentences of claims whose code is unchanged; return how many."""
    kept = stored(path)
    if not kept:
        return 0
    recorded = fingerprint.recorded(nbformat.read(toc.ROOT / path, as_version=4))
    now = {one.key for one in recorded}
    orphans = {e["code"]: e for e in kept.get("claims", ()) if e["sentence"] not in now}
    known = {e["sentence"] for e in kept.get("claims", ())}
    count = 0
    for one in recorded:
        if one.kind == "claim" and one.key not in known and one.code in orphans:
            orphans.pop(one.code)["sentence"] = one.key
            count += 1
    if count:
        save(path, kept)
    return count


def transfer(path: Path, revision: str) -> list[str]:
    """Keep the evidence of a notebook whose code differs from a revision's in names only.

    Each claim and spread is looked at by itself: `tools.renaming` must show that the code behind it
    is that of the revision up to the names of variables, and its evidence must be the revision's.

    Args:
        path: the notebook.
        revision: a revision of git, in which the notebook was measured.

    Returns:
        What must be measured anew, each with the reason.

    Raises:
        ValueError: git does not know the notebook in that revision.
    """
    command = ["git", "show", f"{revision}:{path.as_posix()}"]
    shown = subprocess.run(command, cwd=toc.ROOT, capture_output=True, text=True, check=False)
    if shown.returncode != 0:
        raise ValueError(f"git shows no {path} of the revision {revision}: {shown.stderr.strip()}")
    old = nbformat.reads(shown.stdout, as_version=4)
    new = nbformat.read(toc.ROOT / path, as_version=4)
    kept = stored(path)
    left = transferred(kept, old, new)
    if kept:
        save(path, kept)
    return [f"{path}: {reason}" for reason in left]


def transferred(kept: dict, old: NotebookNode, new: NotebookNode) -> list[str]:
    """Give evidence, in place, the fingerprints of a renamed notebook; say what it cannot keep."""
    reasons = renaming.transferable(old, new)
    then = {(one.kind, one.key): one.code for one in fingerprint.recorded(old)}
    left = []
    for one in fingerprint.recorded(new):
        if one.kind == "claim":
            named = [e for e in kept.get("claims", ()) if e["sentence"] == one.key]
        else:
            named = [e for e in kept.get("spreads", ()) if re.fullmatch(one.key, e["name"])]
        measured = [e for e in named if e["code"] == then.get((one.kind, one.key))]
        reason = reasons[one.kind, one.key]
        if not measured and not reason:
            reason = "no evidence is stored of that revision's code"
        if any(entry["code"] == one.code for entry in named):
            continue
        if reason:
            left.append(f"cell {one.cell}: measure the {one.kind} {one.key!r} anew: {reason}")
            continue
        for entry in measured:
            entry["code"] = one.code
    return left


# The command


def todo(path: Path, seeds: int, sample_seeds: int, folder: Path) -> list[Job]:
    """Return the runs of a file that are still to do, seed 0 of a notebook not among them."""
    if path.suffix == ".py":
        jobs = [("full", seed) for seed in range(seeds)]
    else:
        jobs = [("full", seed) for seed in range(1, seeds)]
        if "load_fashion_mnist" in (toc.ROOT / path).read_text(encoding="utf-8"):
            jobs += [("sample", seed) for seed in range(sample_seeds)]
    return [job for job in jobs if not (folder / f"{job[0]}-{job[1]}.jsonl").is_file()]


def cache_of(path: Path) -> Path:
    """Return the folder for the runs of a notebook or script as its code is now."""
    source = (toc.ROOT / path).read_text(encoding="utf-8")
    if path.suffix == ".py":
        code = fingerprint.script(source)
    else:
        recorded = fingerprint.recorded(nbformat.reads(source, as_version=4))
        code = fingerprint._digest("".join(sorted(one.code for one in recorded)))
    folder = CACHE / f"{path.stem}-{code}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def finish(path: Path, folder: Path) -> list[str]:
    """Store what the runs of a file said; return the claims that did not hold in one of them."""
    if path.suffix == ".py":
        logs = sorted(folder.glob("full-*.jsonl"), key=lambda p: int(p.stem.split("-")[1]))
        seeds = {log.stem.split("-")[1]: read_log(log)[0] for log in logs}
        code = fingerprint.script((toc.ROOT / path).read_text(encoding="utf-8"))
        save(path, {**heading(path), "code": code, "seeds": seeds})
        return []
    executed = folder / path.name
    notebook = None
    if executed.is_file():
        notebook = with_outputs(
            nbformat.read(toc.ROOT / path, as_version=4), nbformat.read(executed, as_version=4)
        )
    # The numbers last: without them a command that is killed in between knows what is to do.
    _store(notebook, path)
    save(path, gather(path, folder))
    _store(notebook, path)
    if notebook is not None:
        publish(folder / "live")
    failed: dict[str, list[str]] = {}
    for log in sorted(folder.glob("*.jsonl")):
        for record in read_log(log):
            if not record.get("holds", True):
                numbers = claims.describe(record) or "does not hold"
                failed.setdefault(record["sentence"], []).append(f"{log.stem}: {numbers}")
    return [f"{path}: {sentence}: {'; '.join(runs)}" for sentence, runs in failed.items()]


def _store(notebook: NotebookNode | None, path: Path) -> None:
    """Show the evidence in a notebook and store it, unless a claim of it fails."""
    if notebook is None:
        return
    restate(notebook)
    if not any(fails(output) for cell in notebook.cells for output in cell.get("outputs", ())):
        write(notebook, toc.ROOT / path)


def with_outputs(notebook: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """Return a notebook with the outputs of its executed copy.

    Its text, its tags and the format of its code may have been edited since the copy was made;
    otherwise, with other code cells, it is the copy that is returned.
    """
    now, then = ([c for c in n.cells if c.cell_type == "code"] for n in (notebook, executed))
    if len(now) != len(then):
        return executed
    for cell, ran in zip(now, then):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    notebook.metadata = executed.metadata
    return notebook


def fails(output: NotebookNode) -> bool:
    """Say whether an output is a claim or check that does not hold."""
    return not output.get("metadata", {}).get("claim", {}).get("holds", True)


def measure(paths: list[Path], seeds: int, sample_seeds: int, workers: int) -> int:
    """Run what is missing for these files, several at a time; return the number of problems."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    context = get_context("spawn")
    counter = context.Value("i", 0)
    problems = 0
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=start_worker, initargs=(cores, counter)
    ) as pool:
        running: dict[Future, tuple[Path, Job]] = {}
        folders = {path: cache_of(path) for path in paths}
        for path in paths:
            for job in todo(path, seeds, sample_seeds, folders[path]):
                running[_submit(pool, path, job, folders[path])] = (path, job)
        waiting = {path for path in paths}
        total = len(running) + sum(path.suffix == ".ipynb" for path in paths)
        count = 0
        while running or waiting:
            busy = {path for path, _ in running.values()}
            for path in sorted(waiting - busy):
                waiting.remove(path)
                last = ("full", 0)
                if path.suffix == ".ipynb" and not (folders[path] / "full-0.jsonl").is_file():
                    save(path, gather(path, folders[path]))  # seed 0 draws the others' spread
                    running[_submit(pool, path, last, folders[path])] = (path, last)
                else:
                    for line in finish(path, folders[path]):
                        problems += 1
                        print(line, flush=True)
            done, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
            for future in done:
                path, job = running.pop(future)
                count += 1
                try:
                    print(f"[{count}/{total}] {future.result()}", flush=True)
                except NotExecuted as error:
                    problems += 1
                    waiting.discard(path)
                    print(f"[{count}/{total}] {error}.", file=sys.stderr, flush=True)
                    continue
                if job == ("full", 0) and path.suffix == ".ipynb":
                    waiting.add(path)
    return problems


def _submit(pool: ProcessPoolExecutor, path: Path, job: Job, folder: Path) -> Future:
    return pool.submit(run_script if path.suffix == ".py" else run_notebook, path, job, folder)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0 only if every claim held in every run."""
    parser = argparse.ArgumentParser(prog="python -m tools.evidence", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="notebooks and scripts")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"default: {SEEDS}")
    parser.add_argument("--sample-seeds", type=int, default=SAMPLE_SEEDS)
    parser.add_argument("--workers", type=int, default=2, help="runs at the same time")
    parser.add_argument("--restate", action="store_true", help="run nothing; renew what is shown")
    parser.add_argument(
        "--renamed",
        metavar="REVISION",
        help="run nothing; keep the evidence of claims whose code differs from that revision of "
        "git only in the names of variables",
    )
    options = parser.parse_args(arguments)
    if options.seeds < 1 or options.workers < 1 or options.sample_seeds < 0:
        parser.error("--seeds and --workers must be 1 or more, --sample-seeds 0 or more")
    known = [*experiments(), *toc.notebooks()]
    paths = [Path(os.path.relpath(path.resolve(), toc.ROOT)) for path in options.files] or known
    if unknown := [str(path) for path in paths if path not in known]:
        parser.error(f"{', '.join(unknown)}: no notebook of _toc.yml, no script of experiments/")
    if options.renamed:
        left = []
        for path in (p for p in paths if p.suffix == ".ipynb"):
            try:
                left += transfer(path, options.renamed)
            except ValueError as error:
                parser.error(str(error))
        print("\n".join(left) if left else "All evidence belongs to the code as it is.")
        return int(bool(left))
    for path in (p for p in paths if p.suffix == ".ipynb"):
        if count := rename(path):
            print(f"{path}: {count} claims have new sentences and the same code")
        notebook = nbformat.read(toc.ROOT / path, as_version=4)
        if restate(notebook):
            write(notebook, toc.ROOT / path)
            print(f"{path}: what the claims show was renewed")
    if options.restate:
        return 0
    if not options.files:
        paths = [path for path in paths if complaints(path)]
    if not paths:
        print("The evidence belongs to the code as it is; nothing to run.")
        return 0
    if load_fashion_mnist().is_sample:
        print(
            "The evidence is measured on the full set, and only the bundled sample is at hand: "
            "get the data (python -m course_utils.data).",
            file=sys.stderr,
        )
        return 1
    try:
        return int(measure(paths, options.seeds, options.sample_seeds, options.workers) > 0)
    except NotExecuted as error:
        print(f"{error}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
