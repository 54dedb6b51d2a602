"""Names that the cells of a notebook bind, read and change: python -m tools.bindings [NOTEBOOK ...]

A reader scrolls back and runs a cell again. That is safe if a name that some cell reads is bound in
one cell only, and if no cell changes what another has made.
"""

import argparse
import ast
import builtins
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import fingerprint, toc

# Methods that change their object, and functions that change their first argument.
CHANGING = re.compile(
    r"(append|extend|insert|remove|pop|popitem|clear|update|setdefault|discard|sort|reverse|fill"
    r"|resize|partial_fit|fit|build|train_on_batch|assign(_add|_sub)?|set_weights"
    r"|load_weights|apply_gradients|adapt|reset_states?)$"
)
CHANGING_FIRST = {"training.fit", "rng.shuffle", "np.put_along_axis", "np.fill_diagonal"}
CHANGING_FIRST |= {"np.copyto", "np.put", "np.place", "np.putmask"}
MODULES = {"np", "ops", "keras", "plots", "training", "metrics", "stats", "claims"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Uses:
    """What a piece of code does with the names of the notebook.

    Attributes:
        bound: the names that it binds, each with what is bound where that is the same for every
            cell: the import; otherwise an empty string.
        free: the names that it may read before it has bound them.
        deferred: those that its functions read when they are called.
        changed: the names, not bound before in the same code, whose objects it changes in place.
    """

    bound: dict[str, str] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    deferred: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


@dataclass
class Changer:
    """A function of the notebook that changes something in place.

    Attributes:
        arguments: the names of its arguments, in their order.
        changes: those whose objects it changes.
        changes_outside: the names of the notebook whose objects it changes.
    """

    arguments: list[str]
    changes: set[str]
    changes_outside: set[str]


class _Reader:
    """Walks statements in the order in which they run, with what is bound for certain."""

    def __init__(self, changers: dict[str, Changer] | None = None) -> None:
        self.uses = Uses()
        self.sure: set[str] = set()
        self.changers = changers or {}

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)

    def branches(self, *blocks: list[ast.stmt]) -> None:
        """Walk blocks of which one runs: certain is what all of them bind."""
        before, after = self.sure, []
        for block in blocks:
            self.sure = set(before)
            self.block(block)
            after.append(self.sure)
        self.sure = set.intersection(*after)

    def bind(self, name: str, what: str = "") -> None:
        self.sure.add(name)
        same = self.uses.bound.get(name, what) == what
        self.uses.bound[name] = what if same else ""

    def read(self, name: str) -> None:
        if name not in self.sure:
            self.uses.free.add(name)

    def change(self, node: ast.AST) -> None:
        name = fingerprint._base(node)
        if name and name not in self.sure:
            self.uses.changed.add(name)

    def visit(self, node: ast.AST) -> None:
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is not None:
            method(node)
        elif isinstance(node, COMPREHENSIONS):
            self.comprehension(node)
        else:
            for child in ast.iter_child_nodes(node):
                self.visit(child)

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        self.read(node.id) if isinstance(node.ctx, ast.Load) else self.bind(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        for child in (node.value, *node.targets):
            self.visit(child)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        self.change(node.target)
        if isinstance(node.target, ast.Name):
            self.read(node.target.id)
        self.visit(node.target)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self.bind(name, f"import {alias.name if alias.asname else name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name, f"from {node.module} import {alias.name}")

    # Changes in place

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.change(node)
        self.visit(node.value)
        self.visit(node.slice)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.change(node)
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name, base = fingerprint.name_of(node), fingerprint._base(node.func)
        method = isinstance(node.func, ast.Attribute)
        if method and base not in MODULES and CHANGING.match(name):
            self.change(node.func)
        if node.args and f"{base}.{name}" in CHANGING_FIRST:
            self.change(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "out":
                self.change(keyword.value)
        if not method and name in self.changers:
            changer = self.changers[name]
            given = dict(zip(changer.arguments, node.args))
            given |= {keyword.arg: keyword.value for keyword in node.keywords}
            for argument in changer.changes & set(given):
                self.change(given[argument])
            for other in changer.changes_outside - self.sure:
                self.uses.changed.add(other)
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    # Order and branches

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self.visit(node.target)  # a loop of a lesson that never runs would be a mistake of its own
        self.block(node.body)
        self.block(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self.branches(node.body, [])
        self.block(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.branches(node.body, node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.branches([node.body], [node.orelse])

    def visit_Try(self, node: ast.Try) -> None:
        before = set(self.sure)
        self.block([*node.body, *node.orelse])
        whole = self.sure
        for handler in node.handlers:
            self.sure = set(before)
            if handler.type is not None:
                self.visit(handler.type)
            if handler.name:
                self.bind(handler.name)
            self.block(handler.body)
            whole = whole & self.sure
        self.sure = whole if node.handlers else before & whole
        self.block(node.finalbody)

    # Scopes

    def comprehension(self, node: ast.AST) -> None:
        """Walk a comprehension, which runs where it stands and has names of its own."""
        own: set[str] = set()
        for generator in node.generators:
            self.inside(generator.iter, own)
            own |= targets(generator.target)
            for condition in generator.ifs:
                self.inside(condition, own)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for part in parts:
            self.inside(part, own)

    def inside(self, node: ast.AST, own: set[str]) -> None:
        """Walk code in which some names are its own."""
        added = own - self.sure
        self.sure |= added
        self.visit(node)
        self.sure -= added

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for child in (*node.decorator_list, *defaults(node.args)):
            self.visit(child)
        self.uses.deferred |= globals_of(node)
        self.bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for child in defaults(node.args):
            self.visit(child)
        self.uses.deferred |= globals_of(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for child in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.visit(child)
        inner = _Reader(self.changers)  # the names of its body are the class's
        inner.sure = set(self.sure)
        inner.block(node.body)
        self.uses.free |= inner.uses.free
        self.uses.deferred |= inner.uses.deferred
        self.bind(node.name)


def targets(node: ast.AST) -> set[str]:
    """Return the names that an assignment to this binds."""
    stored = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return {n.id for n in stored}


def defaults(arguments: ast.arguments) -> list[ast.expr]:
    """Return what is evaluated where a function is defined."""
    return [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]


def locals_of(function: ast.AST) -> set[str]:
    """Return the names that are a function's own: its arguments and what it binds."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    found = {argument.arg for argument in named}
    if isinstance(function, ast.Lambda):
        return found
    reader = _Reader()
    reader.block(function.body)
    outer = {
        name
        for node in ast.walk(function)
        if isinstance(node, (ast.Global, ast.Nonlocal))
        for name in node.names
    }
    return (found | set(reader.uses.bound)) - outer


def globals_of(function: ast.AST) -> set[str]:
    """Return the names of the notebook that a function reads when it is called."""
    reader = _Reader()
    own = locals_of(function)
    reader.sure = set(own)
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    reader.block(body)
    return (reader.uses.free | reader.uses.deferred) - own


def uses(source: str, changers: dict[str, Changer] | None = None) -> Uses:
    """Return what a code cell does with names; those of Python itself are left out.

    Args:
        source: the code.
        changers: the functions of the notebook that change something, by their names.
    """
    reader = _Reader(changers)
    reader.block(fingerprint.parsed(source).body)
    found = reader.uses
    own = set(dir(builtins))
    found.free -= own - set(found.bound)
    found.deferred -= own - set(found.bound)
    return found


def changers_of(notebook: NotebookNode) -> dict[str, Changer]:
    """Return the functions of a notebook that change an argument or an object outside."""
    functions = [
        node
        for _, source in code_cells(notebook)
        for node in fingerprint.parsed(source).body
        if isinstance(node, ast.FunctionDef)
    ]
    found: dict[str, Changer] = {}
    for _ in range(3):  # functions that call such functions do the same
        for function in functions:
            reader = _Reader(found)
            reader.block(function.body)
            arguments = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
            inside = locals_of(function)
            changed = reader.uses.changed
            if changed:
                found[function.name] = Changer(arguments, changed & inside, changed - inside)
    return found


def code_cells(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield the code cells of a notebook with their numbers, counted from 1."""
    for i, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            yield i, cell.source


def bound_twice(notebook: NotebookNode) -> list[str]:
    """Return the names that one cell needs and several bind, so that their order matters.

    A name that every cell binds before it reads it, such as that of a loop, is none of these.
    """
    cells = {i: uses(source) for i, source in code_cells(notebook)}
    found = []
    for name in sorted({name for one in cells.values() for name in one.bound}):
        binding = {i: one.bound[name] for i, one in cells.items() if name in one.bound}
        imported = set(binding.values())
        if len(binding) < 2 or (len(imported) == 1 and imported != {""}):
            continue
        reading = [i for i, one in cells.items() if name in one.free | one.deferred]
        if reading:
            found.append(
                f"{name} is bound in cells {_list(binding)}, and read in {_list(reading)}: "
                "give each its own name"
            )
    return found


def changed_elsewhere(notebook: NotebookNode) -> list[str]:
    """Return the names whose objects a cell changes that another cell has made.

    Draws from a generator of random numbers are not among them: tools.rerun shows what they do.
    """
    changers = changers_of(notebook)
    cells = {i: uses(source, changers) for i, source in code_cells(notebook)}
    made = {
        name: i
        for i, one in reversed(cells.items())
        for name, what in one.bound.items()
        if not what
    }
    return [
        f"{name} is made in cell {made[name]}, and cell {i} changes it in place: change a copy, or "
        "make it in the cell that changes it"
        for i, one in cells.items()
        for name in sorted(one.changed)
        if name in made
    ]


def _list(numbers: object) -> str:
    return ", ".join(map(str, numbers))


def main(arguments: list[str] | None = None) -> int:
    """Print what is found; return 0 only if that is nothing."""
    parser = argparse.ArgumentParser(prog="python -m tools.bindings", description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of _toc.yml")
    count = 0
    for path in parser.parse_args(arguments).notebooks or toc.notebooks():
        notebook = nbformat.read(path, as_version=4)
        for line in bound_twice(notebook) + changed_elsewhere(notebook):
            print(f"{path}: {line}")
            count += 1
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
