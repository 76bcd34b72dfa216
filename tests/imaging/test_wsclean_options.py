"""Options passed to WSClean: the defaults of each kind of image, and that every key reaches it."""

import pytest

from lwacal.imaging import image_allsky, wsclean
from lwacal.records.configuration.imaging import AllSkyImages, Imaging

DEFAULTS = Imaging()
SMALL_FIELD = {
    "-size": ["512", "512"],
    "-scale": ["0.01deg"],
    "-niter": ["100"],
    "-weight": ["briggs", "1"],
    "-mgain": ["0.85"],
    "-horizon-mask": ["10.0deg"],
    "-taper-inner-tukey": ["30.0"],
    "-pol": ["I"],
}
WHOLE_SKY = {
    **SMALL_FIELD,
    "-size": ["4096", "4096"],
    "-scale": ["0.03125deg"],
    "-niter": ["10000"],
    "-weight": ["briggs", "0"],
    "-taper-inner-tukey": ["3.0"],
}


def parsed(options):
    """Return the values of each option."""
    found = {}
    for word in options:
        if word.startswith("-") and not word[1:2].isdigit():
            values = found.setdefault(word, [])
        else:
            values.append(word)
    return found


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("source", SMALL_FIELD),
        ("scintillation", SMALL_FIELD),
        ("allsky", WHOLE_SKY),
    ],
)
def test_defaults(kind, expected):
    found = parsed(wsclean.image_options(getattr(DEFAULTS, kind)))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("kind", ["source", "scintillation", "allsky"])
@pytest.mark.parametrize(
    ("key", "value", "option"),
    [
        ("size", 64, ["-size", "64", "64"]),
        ("scale_deg", 0.5, ["-scale", "0.5deg"]),
        ("niter", 7, ["-niter", "7"]),
        ("weight", "briggs -1.5", ["-weight", "briggs", "-1.5"]),
        ("mgain", 0.7, ["-mgain", "0.7"]),
        ("horizon_mask_deg", 20, ["-horizon-mask", "20.0deg"]),
        ("beam_fitting_size", 3, ["-beam-fitting-size", "3.0"]),
        ("tukey_lambda", 12, ["-taper-inner-tukey", "12.0"]),
        ("extra", "-gain 0.2 -multiscale", ["-gain", "0.2", "-multiscale"]),
    ],
)
def test_keys_reach_wsclean(kind, key, value, option):
    choice = getattr(Imaging.model_validate({kind: {key: value}}), kind)
    words = wsclean.image_options(choice)
    start = words.index(option[0])
    assert words[start : start + len(option)] == option


def test_sub_bands_are_joined_and_divided_between_them():
    words = parsed(wsclean.channel_options([30e6, 45e6], 3, DEFAULTS.source.fit_spectral_pol))
    assert words == {
        "-join-channels": [],
        "-channels-out": ["3"],
        "-channel-division-frequencies": ["30000000.0,45000000.0"],
        "-fit-spectral-pol": ["3"],
    }
    assert DEFAULTS.source.fit_spectral_pol == DEFAULTS.allsky.fit_spectral_pol == 4
    assert parsed(wsclean.channel_options([1.0] * 15, 16, 4))["-fit-spectral-pol"] == ["4"]
    assert wsclean.channel_options([], 1, 4) == []


def test_bands_of_the_whole_sky():
    """As the original: 82 MHz in the third band, 13 MHz in none; the full band tapered more."""
    plans = list(image_allsky.plans(DEFAULTS.allsky))
    assert [(plan.name, plan.low, plan.high, plan.tukey_lambda) for plan in plans] == [
        ("low", 18, 41, 3),
        ("mid", 41, 64, 3),
        ("high", 64, 83, 3),
        ("full", 18, 83, 30),
    ]
    whole = DEFAULTS.allsky
    assert (whole.local_rms, whole.auto_threshold, whole.auto_mask) == (True, 0.5, 3)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("local_rms", False, None),
        ("auto_threshold", 2, "-auto-threshold 2"),
        ("auto_mask", 5, "-auto-mask 5"),
    ],
)
def test_cleaning_of_the_whole_sky(monkeypatch, tmp_path, key, value, words):
    told = []
    monkeypatch.setattr(wsclean, "run", lambda *arguments: told.append(arguments[3]) or "")
    choice = AllSkyImages(**{key: value})
    plan = image_allsky.Plan("full", 18, 83, 30, joined=False)
    image_allsky._image(plan, {}, [], choice, None, tmp_path / "full.fits", tmp_path)
    text = " ".join(told[0])
    assert ("-local-rms" in told[0]) == (key != "local_rms")
    assert words is None or words in text
