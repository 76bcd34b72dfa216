"""Publishes tables to the beamformer, and promotes them to references for later nights.

Needs an assessed observation; makes versions with provenance and a link to the active one.
May import nights and what lies below it.
"""
