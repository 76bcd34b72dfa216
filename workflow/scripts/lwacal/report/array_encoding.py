"""Arrays embedded in a page: deflated and in base64; packed.js decodes them."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np

from lwacal.runtime import products


def pack(array: np.ndarray, differences: bool = False) -> dict[str, Any]:
    """Return an array as a JSON-serializable record.

    The bytes of the little-endian numbers are grouped by significance, all lowest bytes first,
    which compresses better. With ``differences``, unsigned integers are stored as differences
    (modulo their range) along the last axis.
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
    """Return a record as JSON that cannot close the script element it is embedded in."""
    text = json.dumps(
        products.plain(record),
        sort_keys=True,
        allow_nan=False,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return text.replace("<", "\\u003c")
