"""Typed records: what the configuration, the sheet of observations and the products hold.

Needs nothing; describes the fields of each record with type, unit and limits. May import runtime.
"""
