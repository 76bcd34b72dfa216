"""Records of all steps to metrics, reasons and a verdict.

Needs the records of one observation; makes qa.json and the links by outcome. May import sky and
what lies below it.
"""
