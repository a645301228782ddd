"""The tidy rules: what a machine can check of the house style, each with the remedy in its message.

Every rule is a function from a source file to complaints, so that a test can show that it bites. An exception is
written on its line, with its reason: `# tidy: the reason`.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("engine", "simulator", "chaos", "scenarios")
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
FOLDERS_MAX = 2

CLOCK = "use the clock that was handed in"
CHANCE = "use the random stream that was handed in"
SERVER = "use Internet.serve, or LoopbackPorts for real clients"
DRAWS = (
    *("random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "gauss"),
    *("expovariate", "getrandbits", "betavariate", "lognormvariate", "normalvariate", "randbytes"),
)
BANNED: dict[str, str] = {
    **{f"time.{name}": CLOCK for name in ("time", "time_ns", "monotonic", "monotonic_ns", "clock_gettime_ns", "sleep")},
    **{f"datetime.datetime.{name}": CLOCK for name in ("now", "utcnow", "today")},
    "datetime.date.today": CLOCK,
    **{f"random.{name}": CHANCE for name in (*DRAWS, "seed", "SystemRandom")},
    "os.urandom": CHANCE,
    "uuid.uuid1": CHANCE,
    "uuid.uuid4": CHANCE,
    "threading.Thread": "use a task; work that blocks belongs into a process of its own",
    "threading.Lock": "a loop runs one thing at a time; use asyncio's own where an await lies between",
    "socket.socket": "use the connector that was handed in",
    "socket.create_connection": "use the connector that was handed in",
    **{f"secrets.{name}": CHANCE for name in ("choice", "randbelow", "token_bytes", "token_hex", "token_urlsafe")},
    **{f"aiohttp.web.{name}": SERVER for name in ("run_app", "SockSite", "TCPSite", "UnixSite")},
    "asyncio.open_connection": "use the connector that was handed in",
    "asyncio.start_server": SERVER,
    "asyncio.wait": "its sets have no order; use asyncio.TaskGroup or await the tasks one by one",
    "asyncio.as_completed": "its order is not reproducible; use asyncio.TaskGroup or a queue",
}
BANNED_MODULES = {"unittest.mock": "the simulator is the fake; build the situation in it"}
BANNED_NAMES = ("utils", "util", "common", "base", "manager", "managers", "helpers", "helper", "misc", "tools")

EXEMPT = {"simulator/kernel/escapes.py": "it is the wall itself: it names what it shuts out"}

DOORS_TO_REALITY: dict[str, tuple[str, ...]] = {
    "simulator/serve/real_time.py": ("time.monotonic_ns", "time.time_ns"),
    "simulator/serve/ports.py": ("aiohttp.web.TCPSite",),
    "engine/runtime/real/clock.py": ("time.clock_gettime_ns", "time.time_ns"),
    "engine/runtime/real/health.py": ("aiohttp.web.TCPSite",),
    "engine/runtime/real/postgres.py": ("socket.socket",),
    "engine/runtime/real/surroundings.py": ("os.urandom",),
}
"""The doors to reality, each with the few things that may pass. The simulator's two: `serve` puts venues before real
clients, so their time is the machine's and their ports are real. The engine's are all in `engine/runtime/real`, whose
adapters are what a real process has for ports: clocks that are the machine's, and ids that nobody can guess. None is
ever open in a virtual world: there the kernel's walls refuse them, and only commands for real processes import them."""


@dataclass(frozen=True)
class Source:
    """One source file: where it is, as seen from the root of the project, and what it says."""

    where: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree, built while nothing is collected: CPython 3.11 fails when a finaliser runs meanwhile."""
        gc.disable()
        try:
            return ast.parse(self.text)
        finally:
            gc.enable()

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.splitlines()

    def excused(self, line: int) -> bool:
        """Say whether a line carries an exception with its reason."""
        _, mark, reason = self.lines[line - 1].partition("# tidy:")
        return bool(mark and reason.strip())


def sources(root: Path, packages: tuple[str, ...] = PACKAGES) -> list[Source]:
    """Return every Python file of some top-level folders."""
    paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    return [Source(str(path.relative_to(root)), path.read_text(encoding="utf-8")) for path in paths]


Rule = Callable[[Source], Iterator[str]]


def file_is_short(source: Source) -> Iterator[str]:
    """A file stays below its bound."""
    if len(source.lines) > FILE_LINES_MAX:
        yield f"{source.where}: {len(source.lines)} lines; split it by what its parts are about"


def functions_are_short(source: Source) -> Iterator[str]:
    """A function stays below its bound."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES_MAX and not source.excused(node.lineno):
                yield f"{source.where}:{node.lineno}: {node.name} has {length} lines; take its parts out"


def module_says_what_it_is(source: Source) -> Iterator[str]:
    """A module begins with a sentence."""
    docstring = ast.get_docstring(source.tree)
    if docstring is None and source.text.strip():
        yield f"{source.where}:1: no docstring; say in one sentence what the file is"
    elif docstring is not None and "." not in docstring and ":" not in docstring:
        yield f"{source.where}:1: the docstring has no sentence; say what the file is, in domain words"


def public_things_say_what_they_do(source: Source) -> Iterator[str]:
    """A public class or function of a module has a docstring."""
    for node in ast.iter_child_nodes(source.tree):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not source.excused(node.lineno):
            yield f"{source.where}:{node.lineno}: {node.name} has no docstring; say in one sentence what it does"


def name_is_a_noun_of_the_domain(source: Source) -> Iterator[str]:
    """A file is not called after a drawer."""
    for part in Path(source.where).with_suffix("").parts:
        if part in BANNED_NAMES:
            yield f"{source.where}: {part!r} says nothing; name it after what is in it"


def folders_are_shallow(source: Source) -> Iterator[str]:
    """A package has two levels of folders at most."""
    depth = len(Path(source.where).parts) - 2
    if depth > FOLDERS_MAX:
        yield f"{source.where}: {depth} folders deep; two are enough"


def nothing_reaches_out(source: Source) -> Iterator[str]:
    """No clock, chance, thread, socket or unordered wait but those that are handed in."""
    if source.where in EXEMPT:
        return
    names, let_through = _imported(source.tree), DOORS_TO_REALITY.get(source.where, ())
    for node, shadowed in _walk(source.tree, frozenset()):
        for found in _mentioned(node, names, shadowed):
            if found in let_through:
                continue
            remedy = BANNED.get(found) or _banned_module(found)
            line = getattr(node, "lineno", 1)
            if remedy and not source.excused(line):
                yield f"{source.where}:{line}: {found} is banned; {remedy}"


RULES: tuple[Rule, ...] = (
    file_is_short,
    functions_are_short,
    module_says_what_it_is,
    public_things_say_what_they_do,
    name_is_a_noun_of_the_domain,
    folders_are_shallow,
    nothing_reaches_out,
)


def complaints(found: list[Source], rules: tuple[Rule, ...] = RULES) -> list[str]:
    """Return what every rule has to say about every file."""
    return [complaint for source in found for rule in rules for complaint in rule(source)]


def _walk(node: ast.AST, shadowed: frozenset[str]) -> Iterator[tuple[ast.AST, frozenset[str]]]:
    """Every node, with the names that are parameters there: `random` may be a generator that was handed in."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        given = node.args
        shadowed |= {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
    yield node, shadowed
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, shadowed)


def _imported(tree: ast.AST) -> dict[str, str]:
    """What each imported name of a module stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _mentioned(node: ast.AST, names: dict[str, str], shadowed: frozenset[str]) -> Iterator[str]:
    """The dotted names that a node imports or reads."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Attribute):
        parts = [node.attr]
        inner: ast.expr = node.value
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and inner.id in names and inner.id not in shadowed:
            yield ".".join([names[inner.id], *parts])


def _banned_module(name: str) -> str | None:
    for module, remedy in BANNED_MODULES.items():
        if name == module or name.startswith(f"{module}."):
            return remedy
    return None
