"""Tables to the beamformer, and to the references of later nights.

Needs a judged observation; makes versions with provenance, and the link to the active one.
May import nights and what lies below it.
"""
