"""Trends over many nights: what changed, when, and how long a calibration stays valid.

Needs the qa.json of all observations; makes trends.sqlite and suggested_flags.json. May
import qa and what lies below it.
"""
