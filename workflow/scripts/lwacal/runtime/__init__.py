"""What every job needs, whatever it computes: products on disk, scratch, processes, errors.

Products are written atomically; a job that is stopped leaves nothing half made and ends its log
with what went wrong. Nothing here knows of antennas or visibilities. Imports no other room.
"""
