"""Typed records: what the configuration, the sheet of observations and the products hold.

Needs: nothing but files. Makes: one typed model per record (a module each; the configuration has a
folder), and one place that reads and writes the products' JSON files (``files``), where a record is
checked against its model. May import: ``runtime``.
"""
