"""Mutation testing of the science: plants small errors in a copy and checks that a test fails.

Cosmic Ray (https://cosmic-ray.readthedocs.io) makes the mutants, in an environment of its own
(.venv-mutants); the tests run in the environment of the project. CONTRIBUTING explains how to run
it; docs/mutants.md lists the survivors.
"""
