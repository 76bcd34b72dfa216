"""The configuration, one module per section of config.yaml, and the sheet of observations.

A job imports the modules of the sections it uses and no others: only what it imports makes its
products stale.
"""
