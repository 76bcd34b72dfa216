#!/usr/bin/env python3
"""Print the bad antpols in the antenna-health database at a time (MJD) as one line of JSON.

Runs in the MNC environment: mnc, lwa_antpos and the standard library only. The output includes the
correlator numbers that lwa_antpos has for these antennas, to be compared with those in the data.
"""

import json
import sys

METHOD = "selfcorr"


def correlator_numbers(names: "list[str]") -> "dict[str, int]":
    """Return the correlator numbers by antenna name; names that lwa_antpos lacks are left out."""
    from lwa_antpos import mapping

    numbers = {}
    for name in names:
        try:
            numbers[name] = int(mapping.antname_to_correlator(name.rstrip("AB")))
        except (KeyError, IndexError, ValueError) as error:
            print(f"lwa_antpos does not know {name}: {error}", file=sys.stderr)
    return numbers


def main() -> None:
    mjd = float(sys.argv[1])
    from mnc import anthealth

    list_mjd, names = anthealth.get_badants(METHOD, time=mjd)
    names = [str(name) for name in names]
    print(
        json.dumps(
            {
                "ok": True,
                "message": "",
                "method": METHOD,
                "requested_mjd": mjd,
                "list_mjd": float(list_mjd),
                "bad": names,
                "numbers": correlator_numbers(names),
            }
        )
    )


if __name__ == "__main__":
    main()
