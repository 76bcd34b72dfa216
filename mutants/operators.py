"""The kinds of errors: a choice of Cosmic Ray's operators, and three for numbers and numpy."""

from __future__ import annotations

from collections.abc import Iterator

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.python.tree import Name, Number

Span = tuple[tuple[int, int], tuple[int, int]]  # (line, column) of begin and end
BINARY = (
    "Add_Sub",
    "Sub_Add",
    "Mul_Div",
    "Div_Mul",
    "Pow_Mul",
    "FloorDiv_Mul",
    "Mod_FloorDiv",
    "BitAnd_BitOr",
    "BitOr_BitAnd",
)
COMPARISON = (
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Lt_Gt",
    "Gt_Lt",
    "LtE_GtE",
    "GtE_LtE",
    "Eq_NotEq",
    "NotEq_Eq",
    "Is_IsNot",
    "IsNot_Is",
)
OTHER = (
    "ReplaceUnaryOperator_USub_UAdd",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_Invert",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
)
TWINS = {
    "conj": "copy",  # drops the conjugate
    "sqrt": "abs",  # drops the root
    "abs": "real",
    "real": "imag",
    "imag": "real",
    "sin": "cos",
    "cos": "sin",
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "fmax": "fmin",
    "argmin": "argmax",
    "argmax": "argmin",
    "any": "all",
    "all": "any",
    "median": "mean",
    "nanmedian": "nanmean",
    "mean": "median",
    "floor": "ceil",
    "ceil": "floor",
    "zeros": "ones",
    "ones": "zeros",
    "log": "log10",
    "log10": "log",
    "deg2rad": "rad2deg",
    "rad2deg": "deg2rad",
}


class WholeNumber(Operator):
    """Adds one to a whole number, or subtracts one: axes, exponents, degrees of freedom."""

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[Span]:
        """Yield two positions for each whole number."""
        if isinstance(node, Number) and isinstance(_value(node), int):
            yield from [(node.start_pos, node.end_pos)] * 2

    def mutate(self, node: Number, index: int) -> Number:
        """Return the number plus or minus one."""
        return _number(node, str(_value(node) + (1, -1)[index]))

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return code before and after, which `chosen` checks."""
        return Example("x[0]", "x[1]"), Example("n - 2", "n - 1", occurrence=1)


class FractionalNumber(Operator):
    """Doubles or halves a fractional number; changes the sign of an imaginary one."""

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[Span]:
        """Yield two positions for each fractional number, one for each imaginary number."""
        if isinstance(node, Number) and not isinstance(_value(node), int):
            imaginary = isinstance(_value(node), complex)
            yield from [(node.start_pos, node.end_pos)] * (1 if imaginary else 2)

    def mutate(self, node: Number, index: int) -> Number:
        """Return the changed number."""
        value = _value(node)
        if isinstance(value, complex):
            return _number(node, f"(-{node.value})")
        return _number(node, repr((value * 2, value / 2)[index] if value else (1.0, -1.0)[index]))

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return code before and after, which `chosen` checks."""
        return (
            Example("x < 0.5", "x < 1.0"),
            Example("x < 0.5", "x < 0.25", occurrence=1),
            Example("exp(2j * x)", "exp((-2j) * x)"),
        )


class Twin(Operator):
    """Swaps a function or attribute for another: drops a conjugate or root, max for min, ..."""

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[Span]:
        """Yield the position of each name in TWINS that is called or follows a dot."""
        if isinstance(node, Name) and node.value in TWINS:
            before, after = node.get_previous_leaf(), node.get_next_leaf()
            dotted = before is not None and before.value == "."
            called = after is not None and after.value == "("
            if dotted or (called and (before is None or before.value != "def")):
                yield node.start_pos, node.end_pos

    def mutate(self, node: Name, index: int) -> Name:
        """Return the other name."""
        node.value = TWINS[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return code before and after, which `chosen` checks."""
        return (
            Example("a * b.conj()", "a * b.copy()"),
            Example("np.sqrt(x)", "np.abs(x)"),
            Example("x.real", "x.imag"),
            Example("min(a, b)", "max(a, b)"),
        )


def _value(node: Number) -> int | float | complex:
    return parso_number(node.value)


def parso_number(text: str) -> int | float | complex:
    """Return the value of a number as it is written in Python: whole, fractional or imaginary."""
    plain = text.replace("_", "").lower()
    if plain.endswith("j"):
        return complex(plain)
    return (
        int(plain, 0) if plain.startswith(("0x", "0o", "0b")) or plain.isdigit() else float(plain)
    )


def _number(node: Number, text: str) -> Number:
    return Number(text, node.start_pos, prefix=node.prefix)


def chosen() -> dict[str, Operator]:
    """Return the operators by name, after checking each against its own examples.

    Raises AssertionError if one behaves otherwise, as in another version of Cosmic Ray.
    """
    core = OperatorProvider()
    names = [f"ReplaceBinaryOperator_{name}" for name in BINARY]
    names += [f"ReplaceComparisonOperator_{name}" for name in COMPARISON]
    found = {name: core[name]() for name in (*names, *OTHER)}
    found |= {kind.__name__: kind() for kind in (WholeNumber, FractionalNumber, Twin)}
    for name, operator in found.items():
        for example in operator.examples():
            made = mutate_code(example.pre_mutation_code, operator, example.occurrence)
            wanted = example.post_mutation_code
            if "".join((made or "").split()) != "".join(wanted.split()):
                raise AssertionError(f"{name} makes {made!r} instead of {wanted!r}")
    return found
