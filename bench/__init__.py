"""Measures the cost of each step at full size, next to the reference tools on the same data.

``make bench`` runs everything (python -m bench --help): time, memory, bytes read and written,
errors compared with the noise, and scaling. The measurements go to benchmarks/results.json, from
which tables, plot and predictions are written.
"""
