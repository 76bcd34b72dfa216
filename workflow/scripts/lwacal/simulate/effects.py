"""Effects of the real sky, the ionosphere and the instrument, such as ``tid:0.3`` or ``sun:quiet``.

An effect has a name and values, separated by colons. Values that are not given have their defaults.
The kinds, with the meaning, the default and the origin of their strengths, are in
`lwacal.simulate.effect_kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.simulate.effect_kinds import BY_NAME, KINDS, Kind, Parameter


@dataclass(frozen=True)
class Effect:
    """An effect: its name and its values in the order of the parameters of its kind."""

    name: str
    values: tuple[float | str, ...] = ()

    @staticmethod
    def parse(text: str) -> Effect:
        """Read ``name:value:value``; raise ValueError, which says what is possible."""
        name, *words = text.split(":")
        if name not in BY_NAME:
            raise ValueError(f"'{text}' is not an effect. Choose one of {', '.join(BY_NAME)}")
        kind = BY_NAME[name]
        if len(words) > len(kind.parameters):
            raise ValueError(f"'{text}' has too many values: write {kind.form}")
        given = [
            _value(text, kind, parameter, word) for parameter, word in zip(kind.parameters, words)
        ]
        defaults = [parameter.default for parameter in kind.parameters[len(words) :]]
        return Effect(name, (*given, *defaults))

    def number(self, index: int = 0) -> float:
        """Return a value that is a number."""
        return float(self.values[index])

    def word(self, index: int = 0) -> str:
        """Return a value that is a word."""
        return str(self.values[index])

    def generator(self, seed: int, *more: int) -> np.random.Generator:
        """Return the random numbers of this effect, which no other effect uses."""
        return np.random.default_rng([seed, BY_NAME[self.name].stream, *more])


def _value(text: str, kind: Kind, parameter: Parameter, word: str) -> float | str:
    if parameter.choices:
        if word not in parameter.choices:
            choices = ", ".join(parameter.choices)
            raise ValueError(f"'{text}': {parameter.name} must be one of {choices}")
        return word
    try:
        number = float(word)
    except ValueError:
        number = np.nan
    if not np.isfinite(number) or number < 0:
        raise ValueError(
            f"'{text}': {parameter.name} must be a number of at least 0, not '{word}'; write"
            f" {kind.form}"
        )
    return number


def check_once(effects: tuple[Effect, ...]) -> None:
    """Raise ValueError if an effect is given twice."""
    names = [effect.name for effect in effects]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)}: give an effect once")


def find(effects: tuple[Effect, ...], name: str) -> Effect | None:
    """Return the effect of this name, None if it is not simulated."""
    return next((effect for effect in effects if effect.name == name), None)


def joined(first: tuple[Effect, ...], second: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Return both sets of effects; where both have a kind, the effect of the second."""
    named = {effect.name: effect for effect in (*first, *second)}
    return tuple(named.values())


def describe() -> str:
    """Return a few lines of text per kind: its form, meaning, and the origin of its strength."""
    return "\n".join(f"  {kind.form}\n      {kind.what}\n      [{kind.source}]" for kind in KINDS)
