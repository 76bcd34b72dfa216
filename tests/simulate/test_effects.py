"""Effects are read from words, and change nothing but what they are about."""

import numpy as np
import pytest

from lwacal.io import ms_reader
from lwacal.runtime import products
from lwacal.simulate import Simulation, simulate
from lwacal.simulate.command import parse
from lwacal.simulate.effect_kinds import KINDS
from lwacal.simulate.effects import Effect, describe, joined
from seen_sources import effects


def test_values_that_are_not_given_have_their_defaults():
    assert Effect.parse("tid") == Effect("tid", (0.3, 200.0, 10.0))
    assert Effect.parse("tid:0.5:150") == Effect("tid", (0.5, 150.0, 10.0))
    assert Effect.parse("sun:active:120") == Effect("sun", ("active", 120.0))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("rain", "'rain' is not an effect. Choose one of .*3c"),
        ("tid:strong", "tec must be a number of at least 0, not 'strong'"),
        ("tid:-1", "at least 0"),
        ("tid:nan", "at least 0"),
        ("sun:bright", "state must be one of quiet, active"),
        ("3c:0.1:5", "too many values: write 3c"),
    ],
)
def test_wrong_effects_are_refused_in_words(word, said):
    with pytest.raises(ValueError, match=said):
        Effect.parse(word)


def test_an_effect_is_given_once(capsys):
    with pytest.raises(SystemExit):
        parse(["folder", "--effect", "tid:0.3", "--effect", "tid:0.5"])
    assert "tid: give an effect once" in capsys.readouterr().err


def test_effects_of_the_command_line():
    _, options = parse(["folder", "--effect", "tid", "--effect", "sun:quiet"])
    assert options.effects == effects("tid", "sun:quiet")


def test_the_second_of_two_sets_of_effects_wins():
    assert joined(effects("tid:1", "3c"), effects("tid:0.2")) == effects("tid:0.2", "3c")


def test_every_kind_has_random_numbers_of_its_own_and_is_described():
    streams = [kind.stream for kind in KINDS]
    assert len(set(streams)) == len(streams)
    assert min(streams) > 4  # gains, sky, noise and faults have 1 to 4
    for kind in KINDS:
        assert kind.form in describe()
        assert kind.source in describe()


def raw_data(folder, **changes):
    options = Simulation(n_antennas=8, bands=("41MHz",), n_channels=4, n_integrations=1, **changes)
    place = simulate(options, folder / "raw")
    path = next((folder / "raw").iterdir())
    item = next(ms_reader.iterate_integrations(path))
    return item.columns["DATA"], products.read_json(place / "truth.json")


def test_an_effect_leaves_the_noise_gains_and_other_sources_alone(tmp_path):
    """With strength zero nothing changes; with another, noise and other sources stay."""
    plain, _ = raw_data(tmp_path / "plain")
    without, truth = raw_data(tmp_path / "zero", effects=effects("refraction:0", "tid:0:200:1e9"))
    assert np.abs(without - plain).max() < 1e-5 * np.abs(plain).max()
    assert [effect["name"] for effect in truth["options"]["effects"]] == ["refraction", "tid"]
    more, truth = raw_data(tmp_path / "more", effects=effects("3c"))
    added, _ = raw_data(tmp_path / "quiet", effects=effects("3c"), noise_scale=0.0)
    base, _ = raw_data(tmp_path / "base", noise_scale=0.0)
    assert np.abs(more - plain - (added - base)).max() < 1e-5 * np.abs(plain).max()
    assert "3C348" in [source["name"] for source in truth["sources"]]
