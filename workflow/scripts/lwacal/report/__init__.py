"""Writes what people read: the report (PDF and HTML), its figures, and the trends page.

Needs the records of an observation or the trends database; computes no results of its own.
May import everything below it, but not driver or publish.
"""
