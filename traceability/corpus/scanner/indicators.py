"""Signs that need no resolution across files: fixed seeds and rival trackers."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from traceability.corpus.scanner import vocabulary
from traceability.corpus.scanner.sources import Source

#: Words by what they share: where that does not occur, none of them does.
_Words = tuple[tuple[bytes, tuple[bytes, ...]], ...]
_SEED_WORDS: _Words = (
    (b"seed", (b"seed",)), (b"andom", (b"random_state", b"randomState", b"RandomState")),
    (b"default_rng", (b"default_rng",)), (b"PRNGKey", (b"PRNGKey",)),
)  # fmt: skip
_RIVAL_WORDS: dict[str, _Words] = {
    "wandb": ((b"andb", (b"wandb", b"Wandb")),), "comet": ((b"omet", (b"comet_ml", b"CometLogger")),),
    "neptune": ((b"eptune", (b"neptune", b"NeptuneLogger")),),
    "clearml": ((b"clearml", (b"clearml",)), (b"trains", (b"trains",))),
    "aim": ((b" aim", (b"import aim", b"from aim")), (b"AimLogger", (b"AimLogger",))),
    "sacred": ((b"sacred", (b"sacred",)),), "dvclive": ((b"dvclive", (b"dvclive",)), (b"DVCLive", (b"DVCLive",))),
    "tensorboard": ((b"ensor", (b"tensorboard", b"TensorBoard", b"tensorflow.summary")),
                    (b"SummaryW", (b"SummaryWriter",))),
}  # fmt: skip
_TELLING = frozenset({ast.Import, ast.ImportFrom, ast.Attribute, ast.Call, ast.Assign, ast.AnnAssign})
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del, ast.alias, ast.arg, ast.Pass})
_PACKAGES = {package: rival for rival, packages in vocabulary.RIVALS.items() for package in packages}


def worth_parsing(data: bytes, seeds_known: bool, rivals_known: set[str]) -> bool:
    """Whether a file may hold a sign that is not known yet (a cheap look at its bytes)."""
    # Plain substrings: over megabytes of notebook output they are ten times as fast as one pattern.
    if not seeds_known and _holds(data, _SEED_WORDS):
        return True
    return any(_holds(data, words) for rival, words in _RIVAL_WORDS.items() if rival not in rivals_known)


def _holds(data: bytes, words: _Words) -> bool:
    return any(shared in data and any(word in data for word in several) for shared, several in words)


def look(source: Source, own_modules: set[str]) -> tuple[bool, set[str]]:
    """Whether the code fixes or configures a random seed, and which rival trackers it uses."""
    seeded, rivals = False, set()
    imported: set[str] = set()
    for part in source.parts:
        for statement in part.body:
            for node in _walk(statement):
                if type(node) not in _TELLING:
                    continue
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        rivals |= _rival(alias.name, own_modules)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    rivals |= _rival(node.module or "", own_modules)
                    rivals |= {
                        vocabulary.RIVAL_CLASSES[a.name] for a in node.names if a.name in vocabulary.RIVAL_CLASSES
                    }
                    imported |= {alias.asname or alias.name for alias in node.names}
                elif isinstance(node, ast.Attribute) and node.attr in vocabulary.RIVAL_CLASSES:
                    rivals.add(vocabulary.RIVAL_CLASSES[node.attr])
                elif isinstance(node, ast.Call):
                    seeded = seeded or _seeds(node, imported)
                elif isinstance(node, ast.Assign | ast.AnnAssign):
                    seeded = seeded or _assigns_seed(node)
    return seeded, rivals


def _walk(top: ast.AST) -> Iterator[ast.AST]:
    """Like `ast.walk`, without the leaves that tell nothing."""
    pending = deque([top])
    while pending:
        node = pending.popleft()
        yield node
        for name in node._fields:
            child = getattr(node, name, None)
            if isinstance(child, list):
                pending += [inner for inner in child if isinstance(inner, ast.AST) and type(inner) not in _LEAVES]
            elif isinstance(child, ast.AST) and type(child) not in _LEAVES:
                pending.append(child)


def _rival(module: str, own_modules: set[str]) -> set[str]:
    first = module.split(".", maxsplit=1)[0]
    if first in own_modules:
        return set()
    if module.startswith(("torch.utils.tensorboard", "tensorflow.summary")):
        return {"tensorboard"}
    return {_PACKAGES[first]} if first in _PACKAGES else set()


def _seeds(call: ast.Call, imported: set[str]) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute):
        name = function.attr
    elif isinstance(function, ast.Name):
        name = function.id if function.id in imported or function.id not in ("seed", "Generator") else ""
    else:
        name = ""
    if (
        name in vocabulary.SEED_FUNCTIONS
        and name != "Generator"
        and any(_fixed(a) for a in [*call.args, *(k.value for k in call.keywords)])
    ):
        return True
    return any(k.arg in vocabulary.SEED_KEYWORDS and _fixed(k.value) for k in call.keywords)


def _fixed(node: ast.expr) -> bool:
    """Whether a seed argument is given or configured: neither None nor drawn at random or from the clock."""
    if isinstance(node, ast.Constant):
        return node.value is not None and not isinstance(node.value, bool)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            name = inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
            if name in ("time", "time_ns", "randint", "urandom", "now", "randrange", "random", "randbits"):
                return False
    return True


def _assigns_seed(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    value = node.value
    if not (isinstance(value, ast.Constant) and isinstance(value.value, int) and not isinstance(value.value, bool)):
        return False
    for target in targets:
        name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
        if name.lower() in ("seed", "random_seed", "random_state", "seed_value", "rng_seed", "global_seed"):
            return True
    return False
