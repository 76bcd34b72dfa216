"""Figures of the report: one function a figure, drawn from records, all in one style."""
