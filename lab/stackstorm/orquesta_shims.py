"""Makes the library `orquesta` 1.2.0 load on Python 3.8 - 3.13, with StackStorm's own functions in
its expressions.

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
from typing import Any, Callable, Dict, Iterator, List, Mapping, Tuple

LOCK = threading.RLock()
"""Held while orquesta evaluates: its YAQL parser is one for the whole process."""


def _module(name: str, **members: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(members)
    return module


def _lib2to3() -> Dict[str, types.ModuleType]:
    """networkx.readwrite.gml imports three names of lib2to3, which Python 3.13 has no more, and
    uses none of them where `u''` literals are allowed."""

    def error(name: str) -> type:
        return type(name, (Exception,), {})

    return {
        "lib2to3": _module("lib2to3"),
        "lib2to3.pgen2": _module("lib2to3.pgen2"),
        "lib2to3.pgen2.parse": _module("lib2to3.pgen2.parse", ParseError=error("ParseError")),
        "lib2to3.pgen2.tokenize": _module("lib2to3.pgen2.tokenize", TokenError=error("TokenError")),
        "lib2to3.refactor": _module("lib2to3.refactor", RefactoringTool=None),
    }


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


def load(functions: Mapping[str, Callable[..., Any]]) -> types.SimpleNamespace:
    """The modules of orquesta that the lab uses. `functions` are added to those that expressions
    may call; this has to be the first import of orquesta in the process."""
    with LOCK, _older_python():
        from orquesta.expressions.functions import base as catalog

        # StackStorm adds its own as entry points of the runner's package; the evaluators read the
        # catalog once, when they are imported.
        catalog.load().update(functions)

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
