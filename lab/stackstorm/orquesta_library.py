"""The library `orquesta` 1.2.0, loaded on Python 3.8 - 3.13, with the one function that StackStorm
adds to its expressions and packs need: `st2kv`
(contrib/runners/orquesta_runner/orquesta_functions/st2kv.py).

The library and the networkx 1 that it pins were written for older Pythons. What they miss is there
only while they are imported; the rest of the process does not see it.
"""

import collections
import collections.abc
import contextlib
import fractions
import math
import sys
import threading
import types
import warnings
from typing import Any, Dict, Iterator, List, Tuple

from .datastore import SYSTEM, Datastore

_LOCK = threading.Lock()
_asked = Datastore()


@contextlib.contextmanager
def evaluating(store: Datastore) -> Iterator[None]:
    """Held while orquesta evaluates, and `st2kv` asks this datastore: orquesta's YAQL parser is one
    for the whole process."""
    global _asked
    with _LOCK:
        _asked = store
        yield


def st2kv(context: Any, key: str, **kwargs: Any) -> Any:  # noqa: ARG001  # Orquesta names it
    """A value of the datastore, "system.x". Errors unless it is there or there is a `default`;
    `decrypt=true` decrypts."""
    scope, _, name = key.partition(".")
    value = _asked.get(name) if scope == SYSTEM else None
    if value is None:
        if "default" in kwargs:
            return kwargs["default"]
        raise ORQUESTA.exceptions.ExpressionEvaluationException(
            f'The key "{key}" does not exist in the StackStorm datastore.'
        )
    return _asked.decrypt(value) if kwargs.get("decrypt", False) else value


def _lib2to3() -> Dict[str, types.ModuleType]:
    """networkx.readwrite.gml imports three names of lib2to3, which Python 3.13 has no more, and
    uses none of them where `u''` literals are allowed."""
    used = {
        "lib2to3.pgen2.parse": "ParseError",
        "lib2to3.pgen2.tokenize": "TokenError",
        "lib2to3.refactor": "RefactoringTool",
    }
    names = ("lib2to3", "lib2to3.pgen2", *used)
    modules = {name: types.ModuleType(name) for name in names}
    for module, name in used.items():
        setattr(modules[module], name, type(name, (Exception,), {}))
    return modules


@contextlib.contextmanager
def _older_python() -> Iterator[None]:
    added: List[Tuple[types.ModuleType, str, Any]] = []
    # networkx.algorithms.dag imports gcd from fractions, where it was until Python 3.9.
    if "gcd" not in vars(fractions):
        added.append((fractions, "gcd", math.gcd))
    # orquesta.specs.base derives from collections.MutableSequence, there until Python 3.10. On 3.8
    # and 3.9 reading it there warns.
    added += [
        (collections, name, getattr(collections.abc, name))
        for name in collections.abc.__all__
        if name not in vars(collections)
    ]
    for module, name, value in added:
        setattr(module, name, value)
    fakes = _lib2to3() if sys.version_info >= (3, 13) else {}
    sys.modules.update(fakes)
    try:
        with warnings.catch_warnings():
            # networkx 1: "is" with a literal, unknown escapes in docstrings, lib2to3. Compiling
            # warns under the file's path, importing under the module's name.
            for category in (SyntaxWarning, DeprecationWarning):
                warnings.filterwarnings("ignore", category=category, module=r".*\bnetworkx\b")
            yield
    finally:
        for module, name, _ in added:
            delattr(module, name)
        for name in fakes:
            del sys.modules[name]


def _load() -> types.SimpleNamespace:
    """The modules of orquesta that the lab uses. This has to be the first import of orquesta in the
    process: StackStorm adds functions as entry points of the runner's package, and the evaluators
    read the catalog once, when they are imported."""
    with _LOCK, _older_python():
        from orquesta.expressions.functions import base as catalog

        catalog.load()["st2kv"] = st2kv

        from orquesta import conducting, events, exceptions, statuses
        from orquesta.composers import native as _composer  # noqa: F401  # by name, later
        from orquesta.expressions import base as expressions
        from orquesta.expressions.functions import workflow
        from orquesta.specs import loader
        from orquesta.utils import parameters

        native = loader.get_spec_module("native")
    # `item()` looks at collections.Mapping each time it is called; StackStorm's own orquesta, which
    # is newer than the index's, looks at collections.abc.Mapping.
    workflow.collections = types.SimpleNamespace(
        Mapping=collections.abc.Mapping, abc=collections.abc
    )
    # (?i) in the middle of a pattern is an error since Python 3.11; it holds for all of it anyway.
    pattern = parameters.REGEX_INLINE_PARAMS
    parameters.REGEX_INLINE_PARAMS = "(?i)" + pattern.replace("(?i)", "")
    return types.SimpleNamespace(
        conducting=conducting,
        events=events,
        exceptions=exceptions,
        expressions=expressions,
        native=native,
        statuses=statuses,
    )


ORQUESTA = _load()
"""orquesta's modules, with the function above in its expressions."""
