"""Assesses an observation: metrics, reasons and a verdict from the records of all steps.

Needs the records of one observation; makes qa.json and the links by outcome. May import sky and
what lies below it.
"""
