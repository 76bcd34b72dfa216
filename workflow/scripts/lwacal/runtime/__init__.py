"""What every job needs, whatever it computes: products on disk, scratch, processes, errors.

Products are written atomically. A job that fails or is stopped leaves no partial products, and the
last lines of its log say what went wrong. Nothing here knows about antennas or visibilities.
Imports no other room.
"""
