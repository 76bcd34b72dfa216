"""Scenarios: their sky at their start, and how the command line combines them with effects."""

import numpy as np
import pytest

import effects_table
from lwacal.simulate import scenarios, simulate, solar_system
from lwacal.simulate.command import parse
from lwacal.simulate.effects import find
from lwacal.telescope import naming, site
from seen_sources import effects


@pytest.mark.parametrize(
    ("name", "hours"),
    [("galaxy_lst20", 20), ("galaxy_lst12", 12), ("galaxy_lst2", 2), ("quiet_sun", 5)],
)
def test_sidereal_times(name, hours):
    start = naming.stamp_time(scenarios.find(name).start)
    assert site.lst_hours(start) == pytest.approx(hours, abs=0.25)


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_the_sun_is_up_where_it_is_wanted(name):
    options = scenarios.simulation(name)
    start = naming.stamp_time(options.start)
    altitude, _ = site.altitude_azimuth(*solar_system.place("sun", start), start)
    wanted = find(options.effects, "sun") is not None
    assert (np.rad2deg(altitude) > 60) if wanted else (np.rad2deg(altitude) < -10)


def test_jupiter_is_up_in_its_scenario():
    options = scenarios.simulation("jupiter")
    start = naming.stamp_time(options.start)
    altitude, _ = site.altitude_azimuth(*solar_system.place("jupiter", start), start)
    assert np.rad2deg(altitude) > 60


def test_effects_of_the_command_line_replace_those_of_a_scenario():
    _, options = parse(["f", "--scenario", "tid", "--effect", "tid:0.7", "--effect", "tv"])
    assert find(options.effects, "tid") == effects("tid:0.7")[0]
    assert {effect.name for effect in options.effects} == {
        "galaxy",
        "resolved",
        "3c",
        "noise",
        "tid",
        "tv",
    }
    assert options.n_faint == 0
    _, options = parse(["f", "--scenario", "quiet_sun", "--start", "20240601_110000"])
    assert options.start == "20240601_110000"


def test_unknown_scenarios_are_refused(capsys):
    with pytest.raises(SystemExit):
        parse(["f", "--scenario", "rain"])
    assert "Choose one of galaxy_lst20" in capsys.readouterr().err


def test_help_names_effects_and_scenarios(capsys):
    with pytest.raises(SystemExit):
        parse(["--help"])
    said = capsys.readouterr().out
    assert "tid[:tec=0.3 TECU" in said
    assert "Mevius et al. 2016" in said
    assert "all_moderate" in said


@pytest.mark.parametrize("name", ["all_moderate", "cables", "transmitters", "saturation"])
def test_scenarios_are_simulated_with_many_effects(tmp_path, name):
    options = scenarios.simulation(
        name, n_antennas=10, bands=("18MHz", "82MHz"), n_channels=4, n_integrations=1
    )
    place = simulate(options, tmp_path / "raw")
    assert len(list((tmp_path / "raw").iterdir())) == 2
    with np.load(place / "truth.npz") as archive:
        for key in archive:
            assert np.isfinite(archive[key]).all(), key


def test_the_page_has_all_effects_and_scenarios():
    page = effects_table.PAGE.read_text()
    assert page == effects_table.written(page)
    assert all(line in page for line in [*effects_table.effects(), *effects_table.nights()])
