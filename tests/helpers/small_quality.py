"""The qa.json of a made-up night with one antenna, of which X is dead."""


def quality(name="20240524_090003", verdict="pass", ratio=1.05):
    bad = {
        "index": 1,
        "antenna": "LWA002",
        "pol": "X",
        "status": "bad",
        "reasons": ["dead"],
        "gain_db": -40.0,
        "delay_ns": None,
        "flagged_fraction": 1.0,
    }
    good = {**bad, "pol": "Y", "status": "good", "reasons": [], "gain_db": 0.1}
    return {
        "schema": 1,
        "observation": {
            "id": name,
            "start_utc": f"{name[:4]}-05-{name[6:8]}T09:00:03",
            "mid_utc": f"{name[:4]}-05-{name[6:8]}T09:01:03",
            "lst_hours": 17.3,
            "integrations": 6,
            "n_antennas": 1,
            "bands": ["50MHz"],
            "reference_antenna": {"antenna": "LWA253", "why": ""},
        },
        "verdict": verdict,
        "reasons": ["in words"],
        "stages": [],
        "positions": [],
        "metrics": [
            {
                "name": "bad_antenna_fraction",
                "stage": "antennas",
                "value": 0.5,
                "unit": "fraction",
                "score": 0.3,
                "status": "warn",
                "applies_to": {},
                "decides": True,
                "message": "",
            }
        ],
        "antennas": [bad, good],
        "bands": [
            {
                "band": "50MHz",
                "freq_mhz": 52.4,
                "flagged_fraction_data": 0.2,
                "flagged_fraction_healthy": 0.1,
                "flagged_fraction_solutions": 0.5,
                "rfi_channels": [50.2e6],
                "solved": True,
            }
        ],
        "calibrators": [
            {
                "source": "CygA",
                "band": "50MHz",
                "freq_mhz": 52.4,
                "flux_jy": 2.2e4,
                "flux_err_jy": 100.0,
                "flux_apparent_jy": 2.0e4,
                "flux_visibility_jy": None,
                "flux_visibility_err_jy": None,
                "flux_expected_jy": 2.1e4,
                "flux_expected_err_jy": None,
                "ratio": ratio,
                "ratio_err": None,
                "ratio_model_err": None,
                "ra_offset_arcsec": 10.0,
                "dec_offset_arcsec": 0.0,
                "offset_err_arcsec": None,
                "beam_fwhm_arcsec": None,
                "rms_jy": None,
                "thermal_jy": None,
                "imaged": True,
                "fit": "ok",
                "reason": "",
            }
        ],
    }
