"""Measures what each step costs at real size, beside the reference tools on the same data.

``make bench`` runs all of it (python -m bench --help): how long a step takes, how much memory it
needs and how much it reads and writes, how near the noise its results are, and how the cost grows.
The measurements go to benchmarks/results.json; tables, plot and predictions are written from that.
"""
