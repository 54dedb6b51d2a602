"""What a claim of a notebook depends on, as a fingerprint of the code's syntax tree.

Format, comments, prints, figures, sentences and bounds do not count, so that a tidied cell keeps
its evidence. What counts is the expression that is measured, the rest of its cell, and the earlier
cells that give its names their values.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

SHOWN = {"print", "display", "claim", "check"}  # calls, as statements, that change nothing
SHOWING = {"plots", "plt"}  # modules of which the same is true
MUTATING = re.compile(
    r"fit|train|compile|build|update|append|extend|add|pop|sort|shuffle|set_|load_"
)


@dataclass(frozen=True)
class Recorded:
    """A call of `claim` or `spread` in a notebook.

    Attributes:
        kind: "claim" or "spread".
        key: the claim's sentence, or the name of what is spread: there a regular expression,
            since a loop may spread several quantities under names that it makes.
        cell: the number of the cell, from 1.
        code: the fingerprint of what it depends on.
        call: its syntax tree.
        behind: the numbers of the cells that it depends on, its own first.
    """

    kind: str
    key: str
    cell: int
    code: str
    call: ast.Call
    behind: tuple[int, ...]


def recorded(notebook: NotebookNode) -> list[Recorded]:
    """Return the claims and spreads of a notebook in their order.

    Raises:
        ValueError: a claim has no plain string as its first argument.
    """
    trees = {
        i: parsed(cell.source)
        for i, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code"
    }
    cells = {i: _Cell.of(tree) for i, tree in trees.items()}
    found = []
    for i, tree in trees.items():
        for call in calls(tree, ("claim", "spread")):
            kind = name_of(call)
            if not call.args or (kind == "spread" and len(call.args) < 2):
                continue  # a function of the notebook's own that has this name
            key = _sentence(call.args[0], i) if kind == "claim" else _pattern(call.args[0])
            code, behind = _fingerprint(call, i, cells)
            found.append(Recorded(kind, key, i, code, call, behind))
    return found


def _sentence(first: ast.expr, cell: int) -> str:
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        raise ValueError(f"cell {cell}: a claim must begin with a plain string")
    return first.value


def _pattern(first: ast.expr) -> str:
    """Return the regular expression of the names that a call of `spread` may use."""
    if isinstance(first, ast.Constant):
        return re.escape(str(first.value))
    if isinstance(first, ast.JoinedStr):
        return "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else ".*"
            for part in first.values
        )
    return ".*"


def script(source: str) -> str:
    """Return the fingerprint of a whole Python file, without its docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return _digest(_dump(tree))


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a code cell without its `!` and `%` lines."""
    lines = [re.sub(r"^(\s*)[!%](?!=).*", r"\1pass", line) for line in source.splitlines()]
    return ast.parse("\n".join(lines))


def calls(tree: ast.AST, names: Iterable[str]) -> Iterator[ast.Call]:
    """Yield the calls of functions with these names, also as `module.name`, as they stand."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and name_of(n) in names]
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def name_of(call: ast.Call) -> str:
    """Return the name of what is called, without what stands before its last dot."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def measured_by(call: ast.Call) -> ast.expr | None:
    """Return the expression whose value a call of `claim`, `check` or `spread` is given."""
    for keyword in call.keywords:
        if keyword.arg in ("measured", "value"):
            return keyword.value
    return call.args[1] if len(call.args) > 1 else None


@dataclass(frozen=True)
class _Cell:
    """What the claims of later cells ask of a cell: its code as text, what it reads and changes."""

    code: str
    reads: frozenset[str]
    changes: frozenset[str]

    @classmethod
    def of(cls, tree: ast.Module) -> "_Cell":
        """Take a cell's tree without what only shows something."""
        own = _stripped(tree)
        changes = _names(own, ast.Store) | _mutated(own)
        return cls(_dump(own), frozenset(_names(own, ast.Load)), frozenset(changes))


def _fingerprint(call: ast.Call, cell: int, cells: dict[int, _Cell]) -> tuple[str, tuple[int, ...]]:
    """Return the fingerprint of a measured expression and of all that it depends on, and where."""
    measured = measured_by(call)
    parts, behind = [_dump(measured), cells[cell].code], [cell]
    needed = cells[cell].reads | (_names(measured, ast.Load) if measured else set())
    for i in sorted((i for i in cells if i < cell), reverse=True):
        if cells[i].changes & needed:
            parts.append(cells[i].code)
            behind.append(i)
            needed |= cells[i].reads
    return _digest("\n".join(parts)), tuple(behind)


class _Strip(ast.NodeTransformer):
    """Removes imports and the statements that only show something."""

    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        if isinstance(node.value, ast.Constant):
            return None
        call = node.value
        if isinstance(call, ast.Call):
            base = call.func
            while isinstance(base, ast.Attribute):
                base = base.value
            if name_of(call) in SHOWN or (isinstance(base, ast.Name) and base.id in SHOWING):
                return None
        return node


def _stripped(tree: ast.Module) -> ast.Module:
    """Return a copy of a cell's tree without imports, prints, figures, claims and docstrings."""
    return _Strip().visit(ast.parse(ast.unparse(tree)))


def _names(tree: ast.AST, context: type) -> set[str]:
    """Return the names that a tree reads (ast.Load) or binds (ast.Store, `def`, `class`)."""
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}
    if context is ast.Store:
        found |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return found


def _mutated(tree: ast.AST) -> set[str]:
    """Return the names whose objects a cell may change without binding them.

    Such are `x[...] = `, `x.a = `, `x.append(...)` and its like, draws from a generator, and the
    first argument of a call that trains or stands alone. Keras' own stream of random numbers is not
    followed: a cell that trains seeds it.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            found.add(_base(node))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = _base(node.func)
            if MUTATING.search(node.func.attr) or base.startswith("rng"):
                found.add(base)
        alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        call = node.value if alone else node
        if isinstance(call, ast.Call) and call.args and (alone or MUTATING.search(name_of(call))):
            found.add(_base(call.args[0]))
    return found - {""}


def _base(node: ast.AST) -> str:
    """Return the name at the root of `a.b[c].d`, or an empty string."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _dump(node: object) -> str:
    """Write a tree so that all versions of Python write the same: without empty fields."""
    if isinstance(node, ast.Constant):
        return f"Constant({node.value!r})"
    if isinstance(node, ast.AST):
        fields = [
            f"{name}={_dump(value)}"
            for name, value in sorted(ast.iter_fields(node))
            if value is not None and value != [] and name not in ("ctx", "kind", "type_comment")
        ]
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_dump, node))}]"
    return repr(node)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
