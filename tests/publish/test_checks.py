"""What is refused before tables go to the beamformer."""

from pathlib import Path

import numpy as np
import pytest

from lwacal.publish.publish import PublicationError
from publish_case import BANDS, N_ANTENNAS, N_CHANNELS, STAMP, loaded, publish, write_table


@pytest.mark.parametrize("verdict", ["warn", "fail"])
def test_only_a_pass_is_published_unless_forced(tables, choice, verdict):
    with pytest.raises(PublicationError, match=rf"is {verdict}.*CygA is off.*publish\.force"):
        publish(tables, choice, verdict)
    assert not Path(choice.folder).exists()
    beside = publish(tables, choice, verdict, force=True)["provenance"]
    assert (beside["forced"], beside["verdict"]) == (True, verdict)


def test_without_a_folder_the_key_is_named(tables, choice):
    with pytest.raises(PublicationError, match=r"publish\.folder"):
        publish(tables, choice, folder="")


def test_older_observation_does_not_replace_a_later_one_unless_forced(tables, choice):
    publish(tables, choice)
    older = [
        write_table(table.with_name(f"20240501_110000_{band}.bcal"))
        for table, band in zip(tables, BANDS)
    ]
    with pytest.raises(PublicationError, match=f"later observation.*{STAMP}_v001"):
        publish(older, choice)
    assert loaded(choice)[0] == {STAMP}
    going_back = publish(older, choice, force=True)
    assert going_back["forced"]
    assert going_back["provenance"]["forced"]
    assert loaded(choice)[0] == {"20240501_110000"}
    assert publish(older, choice, force=True)["message"] == "already active"
    again = publish(tables, choice)
    assert (again["message"], again["forced"]) == ("published again", False)
    assert loaded(choice)[0] == {STAMP}
    once_more = publish(older, choice, force=True)
    assert (once_more["version"], once_more["forced"]) == (going_back["version"], True)


def test_sub_bands_must_all_be_there(tables, choice):
    """The number always; active sub-bands stay active unless forced."""
    with pytest.raises(PublicationError, match=r"1 sub-bands of .*needs 2 \(publish\.sub_b"):
        publish(tables[:1], choice, force=True)
    publish(tables, choice)
    later = write_table(tables[0].with_name("20240701_110000_59MHz.bcal"))
    with pytest.raises(PublicationError, match=r"active tables of 73MHz.*publish\.force"):
        publish([later], choice, sub_bands=0)
    assert len(loaded(choice)[1]) == 2
    publish([later], choice, sub_bands=0, force=True)
    assert [path.name for path in loaded(choice)[1]] == [later.name]


def spoil(kind):
    """Return gains and flags of a table that is broken in some way."""
    shape = (N_ANTENNAS, N_CHANNELS, 2)
    gain, flag = np.ones(shape, complex), np.zeros(shape, bool)
    gain[3, 2, 1] = {"nan": np.nan, "infinite": np.inf, "zero": 0, "flagged nan": np.nan}[kind]
    flag[3, 2, 1] = kind == "flagged nan"
    return gain, flag


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nan", "1 gains that are not finite.*LWA003 Y, channel 2"),
        ("infinite", "not finite"),
        ("flagged nan", "not finite"),
        ("zero", "1 unflagged gains of zero.*LWA003 Y"),
    ],
)
def test_gains_that_would_spoil_beams_are_refused(tables, choice, kind, words):
    write_table(tables[1], *spoil(kind))
    with pytest.raises(PublicationError, match=words):
        publish(tables, choice, force=True)
    assert not Path(choice.folder).exists()


def test_flagged_zero_is_allowed_and_all_flagged_is_not(tables, choice):
    gain, flag = spoil("zero")
    write_table(tables[1], gain, gain == 0)
    assert publish(tables, choice)["version"]
    for table in tables:
        write_table(table, flag=np.ones_like(flag))
    with pytest.raises(PublicationError, match="all solutions of all tables are flagged"):
        publish(tables, choice)


@pytest.mark.parametrize("key", ["antennas", "channels"])
def test_shape_that_the_beamformer_does_not_take_is_refused(tables, choice, key):
    with pytest.raises(PublicationError, match=rf"needs 352 \(publish\.{key}"):
        publish(tables, choice, **{key: 352})
    assert publish(tables, choice, **{key: 0})["version"]


def test_names_of_two_stamps_or_none_are_refused(tables, choice, tmp_path):
    other = write_table(tmp_path / "tables" / "20240602_110000_59MHz.bcal")
    with pytest.raises(PublicationError, match="2 stamps"):
        publish([*tables, other], choice)
    with pytest.raises(PublicationError, match="YYYYMMDD_HHMMSS_NNMHz"):
        publish([tables[0].rename(tables[0].with_name("night.bcal"))], choice)


def test_truncated_table_is_refused(tables, choice):
    (tables[0] / "table.f0").unlink()
    with pytest.raises(PublicationError, match="cannot be read"):
        publish(tables, choice)
