"""The qa.json of many nights to trends: what changed, when, and how long a calibration is valid.

Needs every qa.json; makes trends.sqlite and suggested_flags.json. May import qa and what lies
below it.
"""
