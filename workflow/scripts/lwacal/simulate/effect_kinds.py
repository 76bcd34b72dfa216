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
        "resolved",
        30,
        (),
        "the A-team is resolved: the Gaussians of the sky model, or the components of"
        " `--component-list`",
        "de Gasperin et al. 2020, A&A 635, A150",
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
DIPOLES = (
    Kind(
        "beams",
        10,
        (_number("error", 0.1),),
        "the voltage beam of each dipole differs by a smooth random fraction (rms, in amplitude"
        " and in phase)",
        "simulated coupling in the LWA: Ellingson 2011, IEEE Trans. AP 59, 1855",
    ),
    Kind(
        "coupling",
        11,
        (_number("volt", 0.08),),
        "a dipole receives this fraction of the voltage of a neighbour at 5 m, ~ 1/distance",
        "Ellingson 2011, IEEE Trans. AP 59, 1855: the same order",
    ),
    Kind(
        "leakage",
        21,
        (_number("factor", 1.0),),
        "XY of unpolarized sources away from the zenith, as crossed dipoles see them, times a"
        " factor",
        "geometry",
    ),
)
INSTRUMENT = (
    Kind(
        "smearing",
        29,
        (_number("factor", 1.0),),
        "long baselines lose what turns during an integration and within a channel of 24 kHz",
        "geometry: Thompson, Moran & Swenson 2017, chapter 6",
    ),
    Kind(
        "echoes",
        12,
        (_number("fraction", 0.05),),
        "reflections in cables: each antpol has one of this voltage, after 150 to 900 ns",
        "assumed: cables of 20 to 120 m with a return loss of 13 dB at both ends",
    ),
    Kind(
        "filter_edges",
        22,
        (_number("order", 8.0),),
        "analog filters: Butterworth, 21 to 84 MHz, of this order; edges differ by 2 %",
        "filters of the ARX boards of the OVRO-LWA, here as Butterworth",
    ),
    Kind(
        "gain_steps",
        13,
        (_number("antpols", 3.0),),
        "the digital gain of a number of antpols changes by 2 within a sub-band",
        "coefficients of the F engine of the OVRO-LWA are set by channel",
    ),
    Kind(
        "saturation",
        14,
        (_number("fraction", 0.1),),
        "a fraction of the antennas loses gain when the power exceeds that of the usual sky:"
        " 1.5 / (1 + power / (2 usual power))",
        "assumed: 2.5 dB at twice the usual power",
    ),
    Kind(
        "crosstalk",
        15,
        (_number("volt", 0.01),),
        "adjacent antennas of an ARX board leak into each other by this fraction of the voltage",
        "assumed: an isolation of 40 dB",
    ),
)
TRANSMITTERS = (
    Kind(
        "tv",
        16,
        (_number("flux", 300.0, "kJy"),),
        "pilots of digital television, channels 2 to 6, in 24 kHz",
        "ATSC A/53: 309 kHz above the lower edge of a channel",
    ),
    Kind(
        "fm",
        23,
        (_number("flux", 1000.0, "kJy"),),
        "FM radio, falling off below 88 MHz",
        "47 CFR 73: 88 to 108 MHz",
    ),
    Kind(
        "hf",
        24,
        (_number("flux", 3000.0, "kJy"),),
        "short-wave broadcasts below 30 MHz, in 24 kHz, a third of the channels of their bands",
        "ITU Radio Regulations, bands of 21 to 11 m",
    ),
    Kind(
        "meteor",
        25,
        (_number("flux", 30.0, "kJy"),),
        "a meteor trail reflects television channel 3 in one integration",
        "overdense trails: McKinley 1961, Meteor Science and Engineering",
    ),
    Kind(
        "satellite",
        26,
        (_number("flux", 1.0, "kJy"),),
        "unintended emission of a satellite, 54 to 66 MHz, moving",
        "Bassa et al. 2024, A&A 689, L10",
    ),
    Kind(
        "power_line",
        27,
        (_number("flux", 5.0, "kJy"), _number("azimuth", 250.0, "deg")),
        "arcing power line on the horizon, 5 km away, broad-band",
        "Eastwood et al. 2018, AJ 156, 32, see such sources at the OVRO-LWA",
    ),
    Kind(
        "near_field",
        28,
        (_number("flux", 20.0, "kJy"), _number("distance", 300.0, "m")),
        "a broad-band source on the ground near the array (flux density at its centre)",
        "assumed: electronics of the site",
    ),
)
KINDS = (*SKY, *IONOSPHERE, *DIPOLES, *INSTRUMENT, *TRANSMITTERS)
BY_NAME = {kind.name: kind for kind in KINDS}
