"""Figures of the report: one function per figure, drawn from records in a common style."""
