#!/usr/bin/env python3
"""Print the antenna-health database's list of bad signals at a time (MJD) as one line of JSON.

Runs in the MNC environment: mnc, lwa_antpos and the standard library only.
"""

import json
import sys

METHOD = "selfcorr"


def main():
    mjd = float(sys.argv[1])
    from mnc import anthealth

    list_mjd, names = anthealth.get_badants(METHOD, time=mjd)
    print(
        json.dumps(
            {
                "ok": True,
                "message": "",
                "method": METHOD,
                "requested_mjd": mjd,
                "list_mjd": float(list_mjd),
                "bad": [str(name) for name in names],
            }
        )
    )


if __name__ == "__main__":
    main()
