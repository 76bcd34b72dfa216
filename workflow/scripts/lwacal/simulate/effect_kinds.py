"""The kinds of effects that can be simulated, with the origin of their default strengths."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A value of an effect: a number with its unit, or one of some words."""

    name: str
    default: float | str
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of effect: what it does, its strength, and who measured that.

    ``stream`` is the second seed of its random numbers; each kind has its own.
    """

    name: str
    stream: int
    parameters: tuple[Parameter, ...]
    what: str
    source: str

    @property
    def form(self) -> str:
        """Return how the effect is written, such as ``tid[:tecu=0.3[:wavelength_km=200]]``."""
        words = [
            f"[:{parameter.name}={parameter.default}{parameter.unit and ' ' + parameter.unit}"
            for parameter in self.parameters
        ]
        return self.name + "".join(words) + "]" * len(words)


def _number(name: str, default: float, unit: str = "") -> Parameter:
    return Parameter(name, default, unit)


SKY = (
    Kind(
        "galaxy",
        17,
        (_number("factor", 1.0), _number("error", 0.1)),
        "diffuse emission of a sky map, times a factor and a smooth random error (rms, a fraction)",
        "maps differ by 10 to 20 %: Dowell et al. 2017, MNRAS 469, 4537",
    ),
    Kind(
        "noise",
        18,
        (Parameter("of", "sky", choices=("sky",)), _number("spread", 0.03)),
        "noise of the sky map through the beam, of the sources and of receivers at 250 K, which"
        " differ by a random fraction (rms)",
        "receiver: Hicks et al. 2012, PASP 124, 1090",
    ),
    Kind(
        "3c",
        5,
        (_number("spread", 0.1),),
        "secondary sources; their flux densities differ from the catalogue by a random fraction"
        " (rms)",
        "Helmboldt et al. 2008, ApJS 174, 313; flux scales below 100 MHz agree to 10 %",
    ),
    Kind(
        "sun",
        19,
        (
            Parameter("state", "quiet", choices=("quiet", "active")),
            _number("flux_50mhz", 0.0, "kJy"),
        ),
        "the Sun: quiet, a disk of 0.9 degrees and 5.7 kJy at 50 MHz; active, with a compact"
        " source of 175 kJy that varies by a factor of 2.5 (0: these flux densities)",
        "quiet: Erickson et al. 1977, Sol. Phys. 54, 57; Zhang et al. 2022, ApJ 932, 17;"
        " noise storms: Kai, Melrose & Suzuki 1985",
    ),
    Kind(
        "jupiter",
        20,
        (_number("burst", 100.0, "kJy"),),
        "Jupiter during a decametric burst, below 40 MHz, circularly polarized",
        "Zarka et al. 2004, JGR 109, A09S15",
    ),
)
IONOSPHERE = (
    Kind(
        "refraction",
        6,
        (_number("shift", 3.0, "arcmin"),),
        "each source moves by a random angle (rms at 40 MHz, ~ 1/frequency^2) that drifts over"
        " ten minutes",
        "VLSS at 74 MHz: 1 arcmin, Cohen & Roettgering 2009, AJ 138, 439",
    ),
    Kind(
        "tid",
        7,
        (
            _number("tec", 0.3, "TECU"),
            _number("wavelength", 200.0, "km"),
            _number("diffractive_scale", 10.0, "km"),
        ),
        "a travelling disturbance (its amplitude) and Kolmogorov turbulence (diffractive scale at"
        " 150 MHz) on a screen at 300 km",
        "Hernandez-Pajares et al. 2006, JGR 111, A07S11; Mevius et al. 2016, Radio Sci. 51, 927",
    ),
    Kind(
        "scintillation",
        8,
        (_number("index", 0.7),),
        "flux densities of sources vary, alike at all antennas (scintillation index at 30 MHz,"
        " ~ 1/frequency^1.5)",
        "Fallows et al. 2020, J. Space Weather Space Clim. 10, 10",
    ),
    Kind(
        "scintillation_antennas",
        9,
        (_number("index", 0.3),),
        "the same, but varying over the array on a scale of 1 km",
        "the Fresnel scale at 30 MHz of a screen at 300 km is 0.7 km",
    ),
)
KINDS = (*SKY, *IONOSPHERE)
BY_NAME = {kind.name: kind for kind in KINDS}
