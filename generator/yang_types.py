"""YANG's types as plain data: what lib/yang_edit/values.py checks, and StackStorm's JSON schema."""

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from pyang import types as pyang_types

from . import patterns
from .schema import Type

Statement = Any
"""A statement of pyang's, which publishes no types."""

LARGEST_ENUM = 400
"""Alternatives that a parameter's schema lists; of more, the action alone knows them."""
LONGEST = 2**64 - 1
"""What no length exceeds (RFC 7950, 9.4.4)."""


class Types:
    """The types of a model's leaves. `identities` are all identity statements of all modules;
    `refer` finds the leaf that a leafref points to, or None."""

    def __init__(
        self,
        identities: Sequence[Statement],
        namespaces: Mapping[str, str],
        refer: Callable[[Statement, Any], Optional[Statement]],
    ) -> None:
        self._namespaces = namespaces
        self._refer = refer
        self._derived = _derived(identities)

    def of(self, leaf: Statement) -> Type:
        """The type of a leaf or leaf-list."""
        return self._of(leaf, leaf.search_one("type"), ())

    def _of(self, leaf: Statement, statement: Statement, seen: Tuple[Statement, ...]) -> Type:
        restrictions: Dict[str, Any] = {}
        spec = statement.i_type_spec
        while spec is not None:
            if isinstance(spec, pyang_types.RangeTypeSpec):
                restrictions.setdefault("ranges", _bounds(spec.ranges, spec.base))
            elif isinstance(spec, pyang_types.LengthTypeSpec):
                restrictions.setdefault("lengths", _bounds(spec.lengths, spec.base))
            elif isinstance(spec, pyang_types.PatternTypeSpec):
                for one in spec.res:
                    kind = "not" if one.invert_match else "patterns"
                    restrictions.setdefault(kind, []).insert(0, patterns.python(one.spec))
            elif isinstance(spec, pyang_types.EnumTypeSpec):
                return {"base": "enumeration", "values": [name for name, _ in spec.enums]}
            elif isinstance(spec, pyang_types.BitTypeSpec):
                return {"base": "bits", "values": [bit[0] for bit in spec.bits]}
            elif isinstance(spec, pyang_types.UnionTypeSpec):
                members = [self._of(leaf, one, seen) for one in spec.types]
                return {"base": "union", "types": members}
            elif isinstance(spec, pyang_types.PathTypeSpec):
                return self._referred(leaf, spec, seen)
            elif isinstance(spec, pyang_types.IdentityrefTypeSpec):
                return {"base": "identity", "values": self._identities(spec.idbases)}
            else:
                return self._basic(spec, restrictions)
            spec = getattr(spec, "base", None)
        return {"base": "string", **restrictions}

    def _basic(self, spec: Any, restrictions: Dict[str, Any]) -> Type:
        if isinstance(spec, pyang_types.IntTypeSpec):
            return {"base": "integer", "ranges": [[spec.min, spec.max]], **restrictions}
        if isinstance(spec, pyang_types.Decimal64TypeSpec):
            ranges = [[str(spec.min), str(spec.max)]]
            digits = int(spec.fraction_digits)
            return {"base": "decimal", "digits": digits, "ranges": ranges, **restrictions}
        if isinstance(spec, pyang_types.InstanceIdentifierTypeSpec):
            return {"base": "instance", "namespaces": dict(self._namespaces)}
        for kind in ("Boolean", "Empty", "Binary"):
            if isinstance(spec, getattr(pyang_types, f"{kind}TypeSpec")):
                return {"base": kind.lower(), **restrictions}
        return {"base": "string", **restrictions}

    def _referred(self, leaf: Statement, spec: Any, seen: Tuple[Statement, ...]) -> Type:
        target = None if leaf in seen else self._refer(leaf, spec)
        if target is None or target in seen:
            return {"base": "string"}
        return self._of(target, target.search_one("type"), (*seen, leaf))

    def _identities(self, bases: Sequence[Statement]) -> Dict[str, Any]:
        found: Optional[List[Statement]] = None
        for base in bases:
            derived = self._derived.get(base.i_identity, [])
            found = derived if found is None else [one for one in found if one in derived]
        values: Dict[str, Any] = {}
        for one in sorted(found or [], key=lambda one: (one.i_module.i_modulename, one.arg)):
            module = one.i_module.i_modulename
            values.setdefault(module, [self._namespaces.get(module, ""), []])[1].append(one.arg)
        return values


def _derived(identities: Sequence[Statement]) -> Dict[Statement, List[Statement]]:
    """The identities derived from each, however indirectly."""
    found: Dict[Statement, List[Statement]] = {}
    for identity in identities:
        todo = [identity]
        above: List[Statement] = []
        while todo:
            for base in todo.pop().search("base"):
                up = getattr(base, "i_identity", None)
                if up is not None and up not in above:
                    above.append(up)
                    todo.append(up)
        for up in above:
            found.setdefault(up, []).append(identity)
    return found


def _bounds(ranges: Sequence[Tuple[Any, Any]], base: Any) -> List[List[Any]]:
    """The parts of a range or length, with what min and max are in the type that it narrows."""
    return [
        [_bound(low, base), _bound(low if high is None else high, base)] for low, high in ranges
    ]


def _bound(value: Any, base: Any) -> Any:
    """An integer as it is, a decimal64 as text."""
    if value not in ("min", "max"):
        return value if isinstance(value, int) else str(value)
    while base is not None:
        inner = getattr(base, "ranges", None) or getattr(base, "lengths", None)
        if inner:
            low, high = inner[0][0], inner[-1][1]
            return _bound(
                low if value == "min" else inner[-1][0] if high is None else high, base.base
            )
        if hasattr(base, value):
            found = getattr(base, value)
            return found if isinstance(found, int) else str(found)
        base = getattr(base, "base", None)
    return 0 if value == "min" else LONGEST


# StackStorm's JSON schema.


def parameter(kind: Optional[Type]) -> Dict[str, Any]:
    """What StackStorm itself can check of a value of this type."""
    if kind is None:
        return {"type": "string"}
    return dict(_SCHEMAS.get(kind["base"], _text)(kind))


def _text(_kind: Type) -> Dict[str, Any]:
    return {"type": "string"}


def _integer(kind: Type) -> Dict[str, Any]:
    bounds = kind["ranges"]
    return {
        "type": "integer",
        "minimum": min(low for low, _ in bounds),
        "maximum": max(high for _, high in bounds),
    }


def _string(kind: Type) -> Dict[str, Any]:
    found: Dict[str, Any] = {"type": "string"}
    bounds = kind.get("lengths")
    if bounds:
        found["minLength"] = min(low for low, _ in bounds)
        longest = max(high for _, high in bounds)
        if longest < LONGEST:
            found["maxLength"] = longest
    if len(kind.get("patterns", ())) == 1:
        # JSON Schema's patterns are not anchored.
        found["pattern"] = f"^(?:{kind['patterns'][0]})$"
    return found


def _choice(names: Sequence[str]) -> Dict[str, Any]:
    if not names or len(names) > LARGEST_ENUM:
        return {"type": "string"}
    return {"type": "string", "enum": list(names)}


def _identity(kind: Type) -> Dict[str, Any]:
    return _choice(
        [f"{one}:{name}" for one, (_, names) in kind["values"].items() for name in names]
    )


_SCHEMAS: Mapping[str, Callable[[Type], Dict[str, Any]]] = {
    "integer": _integer,
    "string": _string,
    "boolean": lambda _: {"type": "boolean"},
    "empty": lambda _: {"type": "boolean"},
    "enumeration": lambda kind: _choice(kind["values"]),
    "identity": _identity,
}
