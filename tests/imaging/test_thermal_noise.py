"""Noise of images by the radiometer equation: that of sub-bands together is less than of any."""

import numpy as np
import pytest

from lwacal.imaging import image_allsky, visibility_flux


def test_noise_of_sub_bands_together_is_that_of_all_their_visibilities():
    """With natural weights what each visibility tells adds up, in whichever image it is."""
    information = [0.5, 3.0, 12.0]
    each = [visibility_flux.thermal_jy(value) for value in information]
    assert image_allsky.thermal_together(each) == pytest.approx(
        visibility_flux.thermal_jy(sum(information))
    )


@pytest.mark.parametrize("number", [1, 2, 5])
def test_equal_sub_bands_together_have_less_noise_by_the_root_of_their_number(number):
    assert image_allsky.thermal_together([2.0] * number) == pytest.approx(2 / np.sqrt(number))


def test_noise_together_is_that_of_the_best_weighted_mean():
    """20 000 drawn pixels in three sub-bands, averaged with weights of one over the variance."""
    noise_jy = np.array([1.0, 2.0, 4.0])
    pixels = noise_jy * np.random.default_rng(1).normal(size=(20_000, 3))
    mean = np.average(pixels, axis=1, weights=noise_jy**-2)
    assert image_allsky.thermal_together(list(noise_jy)) == pytest.approx(mean.std(), rel=0.03)


def test_noise_is_unknown_where_that_of_a_sub_band_is():
    assert image_allsky.thermal_together([1.0, None]) is None
    assert visibility_flux.thermal_jy(0.0) is None
