"""Is the code behind a claim another notebook's code but for the names of its variables?

Both notebooks are read as one row of statements, without those that only show something. Statements
that agree up to names stand side by side, and are followed in their order: a name that is bound has
a new value, the same in both, and a name that is read must have the same value in both. So one old
name may become several new ones and a statement may move over the border of a cell; a constant that
differs, an exchange of two names or another order of two statements is refused. What cannot be
followed for certain is refused as well.
"""

import ast
import builtins
import copy
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from nbformat import NotebookNode

from tools import bindings, fingerprint

UNKNOWABLE = {"eval", "exec", "globals", "locals", "vars"}
# Where a dictionary is only looked at, so that nothing else comes to hold it.
LOOKING = {"items", "keys", "values", "get"}
LOOKERS = {"dict", "len", "list", "sorted"}
PURE = {"np", "ops", "stats", "special", "dict", "len", "list", "range", "zip", "sorted", "float"}

Value = object  # what stands for a value: a number, or one of the classes below


class Differs(Exception):
    """Two pieces of code are not the same up to names, or that could not be shown; says why."""


@dataclass
class Statement:
    """A statement of a notebook: its cell, its tree, and the sentence if it is a claim."""

    cell: int
    tree: ast.AST
    sentence: str = ""

    def skeleton(self) -> str:
        """Return what it is without its names."""
        return self.sentence + fingerprint._dump(_Nameless().visit(copy.deepcopy(self.tree)))


class _Nameless(ast.NodeTransformer):
    """Removes the names of variables and functions."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name("_", node.ctx)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = "_"
        return node


# A notebook as a row of statements


def statements(notebook: NotebookNode) -> list[Statement]:
    """Return the statements of a notebook on which numbers depend, imports and claims included."""
    found = []
    for i, source in bindings.code_cells(notebook):
        for node in fingerprint.parsed(source).body:
            call = node.value if isinstance(node, ast.Expr) else None
            named = fingerprint.name_of(call) if isinstance(call, ast.Call) else ""
            if named in ("claim", "check") and call.args:
                measured = fingerprint.measured_by(call)
                if measured is not None:
                    found.append(Statement(i, ast.Expr(measured), ast.unparse(call.args[0])))
                continue
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found.append(Statement(i, node))
                continue
            stripped = fingerprint._stripped(ast.Module([node], [])).body
            names = ("claim", "check") if stripped else ("spread",)  # in a figure's arguments
            whole = any(fingerprint.calls(node, names))
            kept = [node] if whole else stripped
            found += [Statement(i, part) for one in kept for part in _in_parts(one)]
    return found


def _in_parts(node: ast.stmt) -> list[ast.stmt]:
    """Write `a = b | {k: v}` as a copy that is then added to, which is what it does."""
    value = getattr(node, "value", None)
    target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
    if not (
        isinstance(target, ast.Name)
        and isinstance(value, ast.BinOp)
        and isinstance(value.op, ast.BitOr)
        and isinstance(value.left, ast.Name)
        and isinstance(value.right, ast.Dict)
        and None not in value.right.keys
        and not any(_reads(part, target.id) for part in value.right.values + value.right.keys)
    ):
        return [node]
    parts = [f"{target.id} = dict({value.left.id})"]
    for key, item in zip(value.right.keys, value.right.values):
        parts.append(f"{target.id}[{ast.unparse(key)}] = {ast.unparse(item)}")
    return ast.parse("\n".join(parts)).body


def _reads(tree: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(tree))


def _copied(node: ast.AST) -> tuple[str, str] | None:
    """Return the names a and b of a statement `a = dict(b)`."""
    if not (isinstance(node, ast.Assign) and len(node.targets) == 1):
        return None
    target, value = node.targets[0], node.value
    plain = isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords
    if not (plain and isinstance(target, ast.Name) and isinstance(value.args[0], ast.Name)):
        return None
    return (target.id, value.args[0].id) if ast.unparse(value.func) == "dict" else None


def only_looked_at(rows: list[Statement], name: str) -> bool:
    """Say whether a name holds a dictionary of its own that nothing else comes to hold."""
    for row in rows:
        parents = {c: p for p in ast.walk(row.tree) for c in ast.iter_child_nodes(p)}
        for node in (n for n in parents if isinstance(n, ast.Name) and n.id == name):
            parent = parents[node]
            if isinstance(node.ctx, ast.Store):
                fresh = isinstance(parent, ast.Assign) and parent.targets == [node]
                made = getattr(parent, "value", None)
                if not (fresh and (isinstance(made, (ast.Dict, ast.DictComp)) or _copied(parent))):
                    return False
                continue
            looked = (
                (isinstance(parent, ast.Subscript) and parent.value is node)
                or (isinstance(parent, ast.Attribute) and parent.attr in LOOKING)
                or (isinstance(parent, (ast.For, ast.comprehension)) and parent.iter is node)
                or (isinstance(parent, ast.Call) and fingerprint.name_of(parent) in LOOKERS)
            )
            if not looked:
                return False
    return True


# Two trees side by side


@dataclass
class Scope:
    """The names that functions and comprehensions have for themselves, in both notebooks."""

    own: frozenset[str] = frozenset()
    called: bool = False  # in the body of a function, which runs later


class _Walker:
    """Walks two trees in the order in which they run, and says what happens to names."""

    def __init__(self, follow: "_Follower") -> None:
        self.follow = follow

    def walk(self, old: object, new: object, scope: Scope) -> None:
        if type(old) is not type(new):
            raise Differs(f"{_short(old)} became {_short(new)}")
        if isinstance(old, list):
            if len(old) != len(new):
                raise Differs("parts were added or left out")
            for one, other in zip(old, new):
                self.walk(one, other, scope)
        elif isinstance(old, ast.AST):
            method = getattr(self, f"walk_{type(old).__name__}", self.fields)
            method(old, new, scope)
        elif old != new:
            raise Differs(f"{_short(old)} became {_short(new)}")

    def fields(self, old: ast.AST, new: ast.AST, scope: Scope, *names: str) -> None:
        for name in names or old._fields:
            if name not in ("ctx", "type_comment"):
                self.walk(getattr(old, name, None), getattr(new, name, None), scope)

    def walk_Constant(self, old: ast.Constant, new: ast.Constant, scope: Scope) -> None:
        if fingerprint._dump(old) != fingerprint._dump(new):
            raise Differs(f"{_short(old)} became {_short(new)}")

    def walk_Name(self, old: ast.Name, new: ast.Name, scope: Scope) -> None:
        if type(old.ctx) is not type(new.ctx) or UNKNOWABLE & {old.id, new.id}:
            raise Differs(f"{_short(old)} became {_short(new)}, which is not followed")
        if old.id in scope.own or new.id in scope.own:
            if old.id != new.id:
                raise Differs(f"{old.id} became {new.id} inside of a function or comprehension")
        elif isinstance(old.ctx, ast.Load):
            self.follow.read(old.id, new.id, later=scope.called)
        elif isinstance(old.ctx, ast.Store) and not scope.called:
            self.follow.bind(old.id, new.id)
        else:
            raise Differs(f"what happens to {old.id} is not followed")

    # Order

    def walk_Assign(self, old: ast.Assign, new: ast.Assign, scope: Scope) -> None:
        self.fields(old, new, scope, "value", "targets")

    def walk_AugAssign(self, old: ast.AugAssign, new: ast.AugAssign, scope: Scope) -> None:
        if isinstance(old.target, ast.Name) and isinstance(new.target, ast.Name):
            load = ast.Load()
            self.walk(ast.Name(old.target.id, load), ast.Name(new.target.id, load), scope)
        self.fields(old, new, scope, "op", "value", "target")

    def walk_NamedExpr(self, old: ast.NamedExpr, new: ast.NamedExpr, scope: Scope) -> None:
        self.fields(old, new, scope, "value", "target")

    def walk_Delete(self, old: ast.Delete, new: ast.Delete, scope: Scope) -> None:
        raise Differs("a deleted name is not followed")

    walk_Global = walk_Nonlocal = walk_Match = walk_Delete
    walk_AsyncFunctionDef = walk_AsyncFor = walk_AsyncWith = walk_TryStar = walk_Delete

    # Branches and loops

    def walk_If(self, old: ast.If, new: ast.If, scope: Scope) -> None:
        self.walk(old.test, new.test, scope)
        self.either(old, new, scope, ["body"], ["orelse"])

    def walk_IfExp(self, old: ast.IfExp, new: ast.IfExp, scope: Scope) -> None:
        self.walk(old.test, new.test, scope)
        self.either(old, new, scope, ["body"], ["orelse"])

    def walk_BoolOp(self, old: ast.BoolOp, new: ast.BoolOp, scope: Scope) -> None:
        self.walk(old.op, new.op, scope)
        self.either(old, new, scope, ["values"], [])

    def walk_For(self, old: ast.For, new: ast.For, scope: Scope) -> None:
        self.walk(old.iter, new.iter, scope)
        for _ in range(2):  # what a pass leaves is what the next one may read
            self.either(old, new, scope, ["target", "body"], [])
        self.either(old, new, scope, ["orelse"], [])

    def walk_While(self, old: ast.While, new: ast.While, scope: Scope) -> None:
        for _ in range(2):
            self.walk(old.test, new.test, scope)
            self.either(old, new, scope, ["body"], [])
        self.either(old, new, scope, ["orelse"], [])

    def walk_Try(self, old: ast.Try, new: ast.Try, scope: Scope) -> None:
        self.either(old, new, scope, ["body", "orelse"], [])
        self.either(old, new, scope, ["handlers"], [])
        self.fields(old, new, scope, "finalbody")

    def walk_ExceptHandler(self, old: ast.AST, new: ast.AST, scope: Scope) -> None:
        if old.name != new.name or (old.name and old.name not in scope.own):
            raise Differs("the name of an exception is not followed")
        self.fields(old, new, scope, "type", "body")

    def either(self, old: ast.AST, new: ast.AST, scope: Scope, *ways: list[str]) -> None:
        """Walk the parts of which one runs; afterwards any of them may have run."""
        if scope.called:
            for way in ways:
                if way:
                    self.fields(old, new, scope, *way)
            return
        before = self.follow.state()
        after = []
        for way in ways:
            self.follow.set_state(before)
            if way:
                self.fields(old, new, scope, *way)
            after.append(self.follow.state())
        self.follow.join(after)

    # Scopes

    def walk_FunctionDef(self, old: ast.FunctionDef, new: ast.FunctionDef, scope: Scope) -> None:
        self.fields(old, new, scope, "decorator_list", "returns")
        self.function(old, new, scope)
        if scope.called or old.name in scope.own:
            if old.name != new.name:
                raise Differs(f"{old.name} became {new.name} inside of a function")
        else:
            self.follow.bind(old.name, new.name, function=True)

    def walk_Lambda(self, old: ast.Lambda, new: ast.Lambda, scope: Scope) -> None:
        self.function(old, new, scope)

    def function(self, old: ast.AST, new: ast.AST, scope: Scope) -> None:
        for one, other in zip(*map(bindings.defaults, (old.args, new.args))):
            self.walk(one, other, scope)
        own, other = bindings.locals_of(old), bindings.locals_of(new)
        if own != other:
            raise Differs(f"a function's own names changed: {', '.join(sorted(own ^ other))}")
        arguments = [_Nameless().visit(copy.deepcopy(a.args)) for a in (old, new)]
        if len({fingerprint._dump(a) for a in arguments}) > 1:
            raise Differs("the arguments of a function changed")
        body = Scope(scope.own | own, called=True)
        self.walk(old.body, new.body, body)

    def walk_ClassDef(self, old: ast.ClassDef, new: ast.ClassDef, scope: Scope) -> None:
        if scope.called or old.name != new.name:
            raise Differs(f"the class {old.name} became {new.name}, or is inside of a function")
        self.fields(old, new, scope, "decorator_list", "bases", "keywords")
        reader = bindings._Reader()
        reader.block(old.body)
        self.walk(old.body, new.body, Scope(scope.own | set(reader.uses.bound), scope.called))
        self.follow.bind(old.name, new.name)

    def comprehension(self, old: ast.AST, new: ast.AST, scope: Scope) -> None:
        own = scope.own
        if len(old.generators) != len(new.generators):
            raise Differs("a comprehension changed")
        for one, other in zip(old.generators, new.generators):
            self.walk(one.iter, other.iter, Scope(own, scope.called))
            own |= bindings.targets(one.target)
            inner = Scope(own, scope.called)
            self.fields(one, other, inner, "target", "ifs", "is_async")
        parts = ("key", "value") if isinstance(old, ast.DictComp) else ("elt",)
        self.fields(old, new, Scope(own, scope.called), *parts)

    walk_ListComp = walk_SetComp = walk_DictComp = walk_GeneratorExp = comprehension


def _short(node: object) -> str:
    text = ast.unparse(node) if isinstance(node, ast.AST) and node._fields else repr(node)
    return text if len(text) <= 60 else text[:57] + "..."


# What names stand for


@dataclass(frozen=True)
class Imported:
    """A module, or what was imported from one."""

    what: str


@dataclass(frozen=True)
class Function:
    """A function of the notebook; it does not change, but what it reads may."""

    number: int


@dataclass(frozen=True)
class Unbound:
    """What a name stands for that nothing has bound: one of Python's own, or an error."""

    name: str


@dataclass(frozen=True)
class Either:
    """What a name stands for after a branch or loop: one of several values, in their order."""

    values: tuple[Value, ...]


def agree(old: Value, new: Value) -> bool:
    """Say whether two values are the same wherever the new notebook runs without an error.

    After a loop that may not have run, a name that nothing else binds can only be read if it has
    run; the new notebook does run, as the tests see to.
    """
    if old == new:
        return True
    if not isinstance(new, Either):
        return False
    olds = old.values if isinstance(old, Either) else (old,) * len(new.values)
    return len(olds) == len(new.values) and all(
        agree(one, other) or (isinstance(other, Unbound) and not hasattr(builtins, other.name))
        for one, other in zip(olds, new.values)
    )


@dataclass
class _Follower:
    """Which value each name has, in the old notebook and in the new one."""

    old: dict[str, Value] = field(default_factory=dict)
    new: dict[str, Value] = field(default_factory=dict)
    numbers: count = field(default_factory=count)
    needs: dict[Value, frozenset[tuple[str, str]]] = field(default_factory=dict)
    needed: frozenset[tuple[str, str]] = frozenset()  # by the functions in this statement
    read_now: set[Value] = field(default_factory=set)  # by this statement
    made_of: dict[Value, frozenset[Value]] = field(default_factory=dict)
    objects: dict[Value, Value] = field(default_factory=dict)  # changed in place: what it was

    def value(self, names: dict[str, Value], name: str) -> Value:
        return names.get(name, Unbound(name))

    def same(self, old: str, new: str) -> bool:
        return agree(self.value(self.old, old), self.value(self.new, new))

    def read(self, old: str, new: str, later: bool) -> None:
        if later:  # a function reads it when it is called
            self.needed |= {(old, new)}
            return
        if not self.same(old, new):
            raise Differs(f"{new} is not what {old} was")
        self.read_now |= {self.value(self.old, old), self.value(self.new, new)}
        waiting, seen = [(old, new)], set()
        while waiting:  # what the functions need that may be called through it
            pair = waiting.pop()
            for inner in self.needs.get(self.value(self.new, pair[1]), frozenset()) - seen:
                seen.add(inner)
                waiting.append(inner)
                if not self.same(*inner):
                    raise Differs(f"a function behind {old} would now read another {inner[1]}")
        self.needed |= seen

    def is_module(self, old: str) -> bool:
        return isinstance(self.value(self.old, old), Imported)

    def bind(self, old: str, new: str, function: bool = False) -> None:
        value = Function(next(self.numbers)) if function else next(self.numbers)
        self.old[old] = self.new[new] = value
        self.needs[value] = self.needed
        self.made_of[value] = frozenset(self.read_now)

    def change(self, old: str, new: str) -> None:
        """Note that a statement of both notebooks may change an object in place."""
        before = self.value(self.new, new)
        self.bind(old, new)
        self.objects[self.new[new]] = self.object(before)

    def object(self, value: Value) -> Value:
        return self.objects.get(value, value)

    def within(self, value: Value) -> set[Value]:
        """Return the objects that a value was made of, and so may hold, itself included."""
        found, waiting = set(), [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, (Imported, Function, Unbound)) or self.object(one) in found:
                continue
            found.add(self.object(one))
            waiting += one.values if isinstance(one, Either) else ()
            waiting += self.made_of.get(one, ())
            waiting += self.made_of.get(self.object(one), ())
        return found

    def lose(self, names: dict[str, Value], name: str, made_of: Iterable[Value] = ()) -> None:
        names[name] = next(self.numbers)
        self.made_of[names[name]] = frozenset(made_of)

    def lose_all(self, names: dict[str, Value], name: str) -> None:
        """Lose a name whose object one notebook changes, and all that may hold it or be in it."""
        value = self.value(names, name)
        if name.startswith("rng"):  # what was drawn from it stays
            self.lose(names, name)
            return
        inside = self.within(value)
        for other, held in list(names.items()):
            if isinstance(held, (Imported, Function)):
                continue
            if self.object(held) in inside or self.object(value) in self.within(held):
                self.lose(names, other)

    def state(self) -> tuple[dict[str, Value], dict[str, Value]]:
        return dict(self.old), dict(self.new)

    def set_state(self, state: tuple[dict[str, Value], dict[str, Value]]) -> None:
        self.old, self.new = dict(state[0]), dict(state[1])

    def join(self, states: list[tuple[dict[str, Value], dict[str, Value]]]) -> None:
        """Let names have the value of any of these states."""
        for k, names in enumerate((self.old, self.new)):
            for name in set().union(*(state[k] for state in states)):
                values = [self.value(state[k], name) for state in states]
                together = values[0] if len(set(values)) == 1 else Either(tuple(values))
                names[name] = together
                self.needs[together] = frozenset().union(
                    *(self.needs.get(value, frozenset()) for value in values)
                )


def changed_in_place(tree: ast.AST) -> set[str]:
    """Return the names whose objects a statement may change, as far as one can see."""
    return fingerprint._mutated(ast.Module([tree], []))


# The two notebooks


@dataclass
class Comparison:
    """Which statements of two notebooks are the same up to names.

    Attributes:
        old: for each cell of the old notebook why it differs; no entry if it is the same.
        new: the same for the new one.
        claims: for the sentence of each claim why its measured expression differs; "" if not.
    """

    old: dict[int, str] = field(default_factory=dict)
    new: dict[int, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)


def compare(old: NotebookNode, new: NotebookNode) -> Comparison:
    """Follow the names of two notebooks side by side."""
    rows, others = statements(old), statements(new)
    skeletons = [[row.skeleton() for row in side] for side in (rows, others)]
    follow, found = _Follower(), Comparison()
    matcher = difflib.SequenceMatcher(None, *skeletons, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            for row, other in zip(rows[i:i_end], others[j:j_end]):
                _side_by_side(row, other, follow, found)
            continue
        for row in rows[i:i_end]:
            found.old.setdefault(row.cell, f"{_short(row.tree)} is gone or changed")
            _alone(row, follow, follow.old)
        for other in others[j:j_end]:
            copied = _copied(other.tree)
            if copied and only_looked_at(rows + others, copied[1]):
                follow.new[copied[0]] = follow.value(follow.new, copied[1])
                continue
            if not other.sentence:
                found.new.setdefault(other.cell, f"{_short(other.tree)} is new or changed")
            _alone(other, follow, follow.new)
    return found


def _side_by_side(row: Statement, other: Statement, follow: _Follower, found: Comparison) -> None:
    """Follow one statement in both notebooks, and keep why it is not the same, if so."""
    if isinstance(row.tree, (ast.Import, ast.ImportFrom)):
        _alone(row, follow, follow.old)
        _alone(other, follow, follow.new)
        return
    before = follow.state()
    follow.needed, follow.read_now = frozenset(), set()
    reason = ""
    try:
        _Walker(follow).walk(row.tree, other.tree, Scope())
        for name in changed_in_place(row.tree):
            for partner in changed_in_place(other.tree):
                if follow.same(name, partner) and not follow.is_module(name):
                    follow.change(name, partner)
    except Differs as difference:
        reason = str(difference)
        follow.set_state(before)
        _alone(row, follow, follow.old)
        _alone(other, follow, follow.new)
    if row.sentence:
        found.claims[ast.literal_eval(row.sentence) if _plain(row.sentence) else ""] = reason
    elif reason:
        found.old.setdefault(row.cell, reason)
        found.new.setdefault(other.cell, reason)


def _plain(sentence: str) -> bool:
    return isinstance(ast.parse(sentence, mode="eval").body, ast.Constant)


def _alone(row: Statement, follow: _Follower, names: dict[str, Value]) -> None:
    """Let a statement that only one of the notebooks has bind and change its names.

    What it passes to a function that is not known to change nothing may be another afterwards, and
    so may what a function of the notebook reads when it is called.
    """
    if row.sentence:
        return  # claims change nothing
    reader = bindings._Reader()
    reader.visit(row.tree)
    changed = reader.uses.changed | changed_in_place(row.tree)
    side = 0 if names is follow.old else 1
    if not isinstance(row.tree, (ast.FunctionDef, ast.ClassDef)):
        for call in (node for node in ast.walk(row.tree) if isinstance(node, ast.Call)):
            if fingerprint._base(call.func) in PURE:
                continue
            parts = [*call.args, *(k.value for k in call.keywords)]
            if isinstance(call.func, ast.Name):
                parts.append(call.func)
            reached = {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}
            waiting = list(reached)
            while waiting:
                value = follow.value(names, waiting.pop())
                needs = {pair[side] for pair in follow.needs.get(value, ())}
                waiting += needs - reached
                reached |= needs
            changed |= reached
    for name in changed:
        if not isinstance(names.get(name, Imported("")), (Imported, Function)):
            follow.lose_all(names, name)
    made_of = [follow.value(names, name) for name in reader.uses.free | reader.uses.deferred]
    for name, what in reader.uses.bound.items():
        if what:
            names[name] = Imported(what)
            continue
        follow.lose(names, name, made_of)
        needed = reader.uses.deferred
        follow.needs[names[name]] = frozenset((other, other) for other in needed)


def transferable(old: NotebookNode, new: NotebookNode) -> dict[tuple[str, str], str]:
    """Say of each claim and spread of a notebook why its old evidence cannot be kept.

    Args:
        old: the notebook that was measured.
        new: the notebook as it is.

    Returns:
        The reason by kind and key, as in `fingerprint.Recorded`; "" where the code behind it is
        shown to be the old one up to the names of variables.
    """
    result = compare(old, new)
    before = {(one.kind, one.key): one for one in fingerprint.recorded(old)}
    found = {}
    for one in fingerprint.recorded(new):
        then = before.get((one.kind, one.key))
        if then is None:
            found[one.kind, one.key] = "it is new"
            continue
        reasons = [f"cell {i}: {result.new[i]}" for i in one.behind if i in result.new]
        reasons += [f"old cell {i}: {result.old[i]}" for i in then.behind if i in result.old]
        if one.kind == "claim":
            own = result.claims.get(one.key, "its measured expression changed")
            reasons = ([own] if own else []) + reasons
        found[one.kind, one.key] = reasons[0] if reasons else ""
    return found
