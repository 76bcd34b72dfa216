"""The dipole's power pattern of LWA Memo 178 (J. Dowell, 2011).

In one plane, at zenith angle t (radians), p(t) = [1 - (t/(pi/2))^alpha] cos(t)^beta
+ gamma (t/(pi/2)) cos(t)^delta, where alpha to delta are polynomials in nu / 10 MHz (coefficients
below, lowest power first). In the H plane gamma and delta are zero.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.polynomial import Polynomial

E_PLANE = {
    "alpha": (
        -45.2993116742519,
        172.3596273204143,
        -272.231145366998,
        240.8402047219155,
        -133.4589043702679,
        49.17278320096442,
        -12.44683117802972,
        2.195017889732819,
        -0.2690339381925372,
        0.02243604641077215,
        -0.001211643367267544,
        3.810179416998095e-05,
        -5.277176362640874e-07,
    ),
    "beta": (
        -30.66691727279789,
        137.2536555724785,
        -236.812145294991,
        230.2040670131884,
        -141.4814115813401,
        58.20262041648866,
        -16.52458005311876,
        3.281357788749097,
        -0.4547844648614167,
        0.04311447324076417,
        -0.00266518597077575,
        9.681257383030349e-05,
        -1.567746596003443e-06,
    ),
    "gamma": (
        71.1119214808686,
        -266.4504470520252,
        434.3953141004854,
        -399.3175413350526,
        231.2015990805256,
        -89.52191930147437,
        23.96407975769994,
        -4.500463893128127,
        0.5919912952153034,
        -0.05345256010140458,
        0.003157455237232649,
        -0.0001099243217364324,
        1.710529173897111e-06,
    ),
    "delta": (
        11.31338637814271,
        -34.93942140370373,
        51.59758406047006,
        -41.52532958513045,
        20.16753495756661,
        -6.170044495806915,
        1.185153343629695,
        -0.1311234364955677,
        0.004850030701166225,
        0.0007056536178294128,
        -0.0001102532965104807,
        6.250327364174989e-06,
        -1.350506188926788e-07,
    ),
}
H_PLANE = {
    "alpha": (
        406.2920357822495,
        -1706.845366994521,
        3095.438045596764,
        -3164.514198869798,
        2035.008485840167,
        -871.3893456840954,
        256.4477521133275,
        -52.62251671400085,
        7.519512104996896,
        -0.7337746902310935,
        0.04663414310713179,
        -0.001740005497709271,
        2.892116885178882e-05,
    ),
    "beta": (
        30.38713068453467,
        -133.7217221068207,
        256.7017051330929,
        -275.7538828204631,
        185.0998851042284,
        -82.2785547851509,
        25.02479051323083,
        -5.28731619566003,
        0.7754610944702455,
        -0.07744604652809532,
        0.005024254273102379,
        -0.000190898916620047,
        3.223985512686652e-06,
    ),
}


def plane_pattern(
    coefficients: Mapping[str, tuple[float, ...]],
    frequency_hz: np.ndarray,
    zenith_rad: np.ndarray,
) -> np.ndarray:
    """Return the pattern in one plane, shape (source, channel), 1 at the zenith.

    ``frequency_hz`` (channel,); ``zenith_rad`` (source,) zenith angles, at most pi/2. The fit is
    clipped to 0..1; it exceeds this range by at most 0.0024 (from 17 to 30 MHz, near the zenith).
    """
    x = np.asarray(frequency_hz)[None, :] / 10e6
    t = np.asarray(zenith_rad)[:, None]
    terms = {name: Polynomial(values)(x) for name, values in coefficients.items()}
    fraction, cosine = t / (np.pi / 2), np.cos(t).clip(0)
    pattern = (1 - fraction ** terms["alpha"]) * cosine ** terms["beta"]
    if "gamma" in terms:
        pattern = pattern + terms["gamma"] * fraction * cosine ** terms["delta"]
    return pattern.clip(0, 1)
