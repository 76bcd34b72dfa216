"""Kills a Python process at a moment that a test names (Python imports this file when it starts).

FAULT_AT is `event words`, an audit event of Python and a part of its first two arguments, such as
`os.rename flags/59MHz.json`: the process gets SIGKILL just before it does that. All it has made
until then is there, and nothing of it is put in place: the worst moment.
"""

import os
import signal
import sys

EVENT, _, WORDS = os.environ.get("FAULT_AT", "").partition(" ")


def kill(event, arguments):
    if event == EVENT and any(WORDS in str(argument) for argument in arguments[:2]):
        os.kill(os.getpid(), signal.SIGKILL)


if EVENT:
    sys.addaudithook(kill)
