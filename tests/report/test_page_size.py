"""What a page of the full array, 352 antennas x 3072 channels, takes: with all else below 10 MB."""

import numpy as np
import pytest

from lwacal.io.solutions import Solutions
from lwacal.report import bandpass_data

FULL = (352, 3072, 2)


@pytest.fixture(scope="module")
def solutions():
    """Solutions of the full array whose noise, a tenth of the gain, cannot be deflated."""
    rng = np.random.default_rng(352)
    noise = rng.normal(size=(*FULL, 2), scale=0.07).astype(np.float32)
    turn = np.exp(1j * rng.uniform(-np.pi, np.pi, (FULL[0], 1, 2)))
    gain = ((1 + noise[..., 0] + 1j * noise[..., 1]) * turn).astype(np.complex64)
    flag = rng.random(FULL, np.float32) < 0.1
    return Solutions(
        antenna_names=[f"LWA{n + 1:03d}" for n in range(FULL[0])],
        frequency_hz=np.linspace(13e6, 87e6, FULL[1]),
        gain=gain,
        cause=flag.astype(np.uint16),
        interpolated=np.zeros(FULL, bool),
    )


def test_noisy_solutions_of_the_full_array_stay_within_their_share(solutions):
    record = bandpass_data.bandpass(solutions)
    size = sum(
        len(item["data"]) for item in record.values() if isinstance(item, dict) and "data" in item
    )
    assert size <= bandpass_data.LIMIT_BYTES
    assert record["amplitude_step_db"] in [step for step, _ in bandpass_data.STEPS]
    finest = sum(
        len(item["data"])
        for item in bandpass_data._arrays(solutions, *bandpass_data.STEPS[0]).values()
    )
    assert finest > bandpass_data.LIMIT_BYTES  # or wider steps were not put to the test
