"""Arrays inside a page: deflated and in base64, small, and read back by packed.js."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np

from lwacal.runtime import products


def pack(array: np.ndarray, differences: bool = False) -> dict[str, Any]:
    """Return an array as a record that JSON can hold.

    The bytes of the numbers (little-endian) are put in order of significance, the lowest of all
    numbers first, because that deflates better. With ``differences``, unsigned integers are kept
    as what is added (modulo their range) from each to the next along the last axis.
    """
    kept = np.ascontiguousarray(array)
    if differences:
        first = np.zeros((*kept.shape[:-1], 1), kept.dtype)
        kept = np.diff(kept, axis=-1, prepend=first)
    kept = kept.astype(kept.dtype.newbyteorder("<"))
    planes = kept.reshape(-1, 1).view(np.uint8).T
    return {
        "type": array.dtype.name,
        "shape": list(array.shape),
        "differences": differences,
        "data": base64.b64encode(zlib.compress(planes.tobytes(), 6)).decode("ascii"),
    }


def as_json(record: Any) -> str:
    """Return a record as JSON that cannot end the script element it is put into."""
    text = json.dumps(
        products.plain(record),
        sort_keys=True,
        allow_nan=False,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return text.replace("<", "\\u003c")
