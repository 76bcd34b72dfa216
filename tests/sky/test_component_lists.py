"""Component lists: read as WSClean defines them; invalid ones are refused before any job runs."""

import gzip

import numpy as np
import pytest

import component_list_text
from lwacal.driver import settings
from lwacal.sky import component_lists, sources
from lwacal.sky.component_lists import ComponentListError

HEADER = (
    "Format = Name, Type, Ra, Dec, I, SpectralIndex, LogarithmicSI, ReferenceFrequency='50e6',"
    " MajorAxis, MinorAxis, Orientation\n"
)
LINES = (
    "s0c0,POINT,-00:36:36.214,58.45.50.396,-7.5,[16,-35.5],false,57322692.87,,,\n"
    "\n"
    "s1c0,GAUSSIAN,23:23:24,-00.30.15.5,5.0,[-0.8,0.1],true,,70.5,35.25,30\n"
)
VIR_A = sources.POSITIONS["VirA"]


def written(tmp_path, text, name="list.txt"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_fields_are_read(tmp_path):
    found = component_lists.read(written(tmp_path, HEADER + LINES))
    hours = -(36 / 60 + 36.214 / 3600) % 24
    degrees = 58 + 45 / 60 + 50.396 / 3600
    assert np.rad2deg(found.ra_rad) / 15 == pytest.approx([hours, 23 + 23 / 60 + 24 / 3600])
    assert np.rad2deg(found.dec_rad) == pytest.approx([degrees, -(30 / 60 + 15.5 / 3600)])
    assert found.flux_jy == pytest.approx([-7.5, 5.0])
    assert found.reference_hz == pytest.approx([57322692.87, 50e6])  # the second is the default
    assert found.logarithmic.tolist() == [False, True]
    assert np.rad2deg(found.major_rad) * 3600 == pytest.approx([0, 70.5])
    assert np.rad2deg(found.minor_rad) * 3600 == pytest.approx([0, 35.25])
    assert np.rad2deg(found.angle_rad) == pytest.approx([0, 30])


def test_compressed_list_is_the_same(tmp_path):
    plain = component_lists.read(written(tmp_path, HEADER + LINES))
    path = tmp_path / "list.txt.gz"
    path.write_bytes(gzip.compress((HEADER + LINES).encode()))
    packed = component_lists.read(path)
    assert packed.digest == plain.digest
    assert np.array_equal(packed.ra_rad, plain.ra_rad)


def test_changed_list_is_read_again(tmp_path):
    path = written(tmp_path, HEADER + LINES)
    before = component_lists.read(path)
    path.write_text(HEADER + LINES.replace("5.0", "55.0"))
    after = component_lists.read(path)
    assert after.flux_jy[1] == 55.0
    assert after.digest != before.digest


def test_spectra_are_those_that_wsclean_defines(tmp_path):
    """Ordinary: S0 + p0 (x - 1) + p1 (x - 1)^2; logarithmic, base 10: a curved power law."""
    text = HEADER + (
        "a,POINT,0:0:0,0.0.0,10,[3,-2],false,50e6\n"
        "b,POINT,0:0:0,0.0.0,10,[-0.7],true,50e6\n"
        "c,POINT,0:0:0,0.0.0,10,[-0.7,0.5],true,50e6\n"
        "d,POINT,0:0:0,0.0.0,10,[],false,50e6\n"
        "e,POINT,0:0:0,0.0.0,-10,[-0.7],true,50e6\n"
    )
    found_list = component_lists.read(written(tmp_path, text))
    found = found_list.spectra_jy(np.array([40e6, 50e6, 75e6]))
    law = np.array([0.8, 1.0, 1.5]) ** -0.7
    # 10^(0.5 (log10 x)^2), computed by hand: log10 0.8 = -0.09691, log10 1.5 = 0.17609
    curved = law * 10 ** (0.5 * np.array([0.0093916, 0, 0.0310081]))
    expected = [
        [10 - 0.6 - 0.08, 10, 10 + 1.5 - 0.5],
        10 * law,
        10 * curved,
        [10, 10, 10],
        -10 * law,
    ]
    assert found == pytest.approx(np.array(expected), rel=1e-6)


def test_polynomials_are_logarithmic_by_default(tmp_path):
    text = "Format = Type, Ra, Dec, I, SpectralIndex, ReferenceFrequency='50e6'\n"
    found_list = component_lists.read(written(tmp_path, text + "POINT,0:0:0,0.0.0,10,[-1]\n"))
    assert found_list.spectra_jy(np.array([100e6])) == pytest.approx(np.array([[5.0]]))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,POINT,0:0:0,0.0.0,many,[],false,,,,\n", "line 5: I is 'many', not a number"),
        ("a,POINT,10.5,0.0.0,1,[],false,,,,\n", "line 5: Ra is '10.5', not hh:mm:ss.s"),
        ("a,POINT,0:0:0,00:00:00,1,[],false,,,,\n", "line 5: Dec is '00:00:00'"),
        ("a,DISK,0:0:0,0.0.0,1,[],false,,,,\n", "line 5: Type is 'DISK'"),
        ("a,GAUSSIAN,0:0:0,0.0.0,1,[],false,,,,\n", "line 5: majoraxis is ''"),
        ("a,GAUSSIAN,0:0:0,0.0.0,1,[],false,,-1,2,0\n", "line 5: the axes"),
        ("a,POINT,0:0:0,0.0.0,1,[1,x],false,,,,\n", "line 5: SpectralIndex is 'x'"),
        ("a,POINT,0:0:0,0.0.0,1,[],maybe,,,,\n", "line 5: LogarithmicSI is 'maybe'"),
        ("a,POINT,0:0:0,0.0.0,1,[1],false,-5,,,\n", "line 5: a spectral index needs"),
        ("a,POINT,0:0:0,0.0.0,1,2,3,[],false,,,,\n", "line 5: 13 fields, but"),
        ("a,POINT\n", "line 5: Ra is ''"),
    ],
)
def test_broken_line_is_named(tmp_path, line, said):
    with pytest.raises(ComponentListError, match=r"list\.txt, line 5") as caught:
        component_lists.read(written(tmp_path, HEADER + LINES + line))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not begin with a line 'Format"),
        ("a,POINT,0:0:0,0.0.0,1\n", "does not begin with a line 'Format"),
        ("Format = Name, Type, Ra, I\n", "has no dec"),
        (HEADER, "has no components"),
    ],
)
def test_incomplete_list_is_refused(tmp_path, text, said):
    with pytest.raises(ComponentListError, match=said):
        component_lists.read(written(tmp_path, text))


def test_file_named_gz_that_is_not_compressed(tmp_path):
    with pytest.raises(ComponentListError, match="cannot be read"):
        component_lists.read(written(tmp_path, HEADER + LINES, "list.txt.gz"))


# --- the configuration -------------------------------------------------------------------------


def problems(**lists):
    with pytest.raises(settings.SettingsError) as caught:
        settings.resolve({"sky_model": {"component_lists": lists}})
    return {problem.key: str(problem) for problem in caught.value.problems}


def test_all_broken_lists_are_reported_at_once(tmp_path):
    place = (VIR_A.ra_rad, VIR_A.dec_rad)
    fine = component_list_text.write(tmp_path / "fine.txt", component_list_text.point(*place, 1))
    faint = component_list_text.write(tmp_path / "faint.txt", component_list_text.point(*place, -1))
    broken = written(tmp_path, HEADER + "a,POINT,0:0:0,0.0.0,many,[],false,,,,\n")
    found = problems(
        VirA=str(faint),
        CygA=str(fine),
        CasA=str(broken),
        TauA=str(tmp_path / "none.txt"),
        Sun="sun.txt",
    )
    start = "sky_model.component_lists."
    assert set(found) == {start + name for name in ("VirA", "CygA", "CasA", "TauA", "Sun")}
    assert "positive flux density" in found[start + "VirA"]
    assert "list of another source" in found[start + "CygA"]
    assert "line 2: I is 'many'" in found[start + "CasA"]
    assert "No such file" in found[start + "TauA"]
    assert "does not exist" in found[start + "Sun"]
    lists = {"VirA": str(fine)}
    chosen = settings.resolve({"sky_model": {"component_lists": lists}}).sky_model
    others = dict.fromkeys(("CygA", "CasA", "TauA"), "built-in")
    assert chosen.component_lists.by_source() == {**others, **lists}
    assert chosen.component_lists.paths() == lists


def test_an_empty_text_is_the_built_in_shape():
    given = {"CygA": "", "CasA": "point", "TauA": "built-in", "VirA": ""}
    chosen = settings.resolve({"sky_model": {"component_lists": given}}).sky_model.component_lists
    assert chosen.by_source() == {**dict.fromkeys(given, "built-in"), "CasA": "point"}
    assert chosen.paths() == {}


def test_trusted_frequencies_must_increase():
    with pytest.raises(settings.SettingsError, match="component_lists_mhz"):
        settings.resolve({"sky_model": {"component_lists_mhz": [77, 30]}})


# --- the lists of de Gasperin et al. (2020) -----------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name", "limits_jy", "radius_arcmin"),
    [
        ("CygA", "CygA_low", (19404, 21794), 0.7),
        ("CasA", "CasA_low", (22246, 26713), 1.9),
        ("TauA", "Tau-sources", (2022, 2215), 1.6),
        ("VirA", "VirA_low", (2242, 2535), 3.4),
    ],
)
def test_published_lists(real_data, source, name, limits_jy, radius_arcmin):
    """The total flux at 57.32 MHz lies between those at 60 and 50 MHz."""
    found = component_lists.read(real_data / "skymodels" / f"deGasperin2020_{name}.txt.gz")
    position = sources.POSITIONS[source]
    component_lists.check(found, position, (30, 77))
    frequency_hz = np.array([57.32e6])
    low, high = limits_jy
    assert low < found.spectra_jy(frequency_hz).sum() < high
    share = component_lists.shares(found, frequency_hz, (30, 77))[:, 0]
    east, north = component_lists.offsets(found, position)
    radius_rad = np.sqrt((share * (east**2 + north**2)).sum())
    assert np.rad2deg(radius_rad) * 60 == pytest.approx(radius_arcmin, abs=0.2)
