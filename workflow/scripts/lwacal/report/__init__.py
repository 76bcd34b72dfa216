"""Records and tables to pages for people: PDF, HTML, figures, and the page of all nights.

Needs the records of an observation or the database of the nights; computes no result of its own.
May import everything below it, but not driver or publish.
"""
