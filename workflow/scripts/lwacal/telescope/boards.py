"""The electronics boards of an antenna: SNAP2 (digitizers) and ARX (analog receivers).

A SNAP2 board has 32 antennas in correlator order. An ARX board has eight, according to the wiring
in the observatory's lwa-antpos package (boards 1 to 14 receive fibres); antennas that it does not
list have no ARX board.
"""

from __future__ import annotations

import re

ANTENNAS_PER_BOARD = 32
ARX_BOARDS = {
    1: (266, 259, 268, 267, 271, 269, 276, 273),
    2: (278, 277, 282, 281, 307, 285, 309, 308),
    3: (311, 310, 313, 312, 321, 314, 330, 327),
    4: (338, 332, 340, 339, 352, 341, 362, 353),
    5: (257, 260, 258, 265, 263, 272, 270, 280),
    6: (283, 288, 284, 292, 291, 296, 295, 298),
    7: (301, 305, 303, 317, 306, 320, 318, 335),
    8: (336, 343, 337, 351, 344, 360, 354, 274),
    9: (275, 302, 286, 363, 323, 324, 262, 331),
    10: (348, 365, 364, 325, 316, 334, 328, 358),
    11: (361, 294, 289, 319, 299, 279, 355, 287),
    12: (326, 322, 345, 333, 359, 347, 349, 290),
    13: (293, 357, 329, 297, 346, 342, 356, 350),
    14: (261, 300, 264, 315, 304),
    15: (255, 2, 1, 4, 3, 6, 5, 7),
    16: (9, 11, 10, 12, 8, 40, 38, 41),
    17: (42, 44, 43, 46, 45, 71, 47, 73),
    18: (74, 77, 75, 13, 16, 15, 14, 17),
    19: (18, 20, 19, 22, 21, 24, 23, 25),
    20: (26, 29, 27, 49, 48, 51, 50, 52),
    21: (53, 54, 80, 84, 55, 30, 28, 31),
    22: (32, 63, 60, 57, 56, 59, 58, 61),
    23: (62, 85, 64, 87, 86, 89, 96, 90),
    24: (91, 93, 92, 95, 94, 122, 121, 33),
    25: (35, 34, 36, 66, 65, 68, 67, 69),
    26: (70, 97, 72, 99, 98, 101, 100, 102),
    27: (103, 105, 104, 129, 37, 131, 130, 132),
    28: (134, 252, 139, 78, 76, 81, 79, 107),
    29: (108, 110, 109, 112, 111, 114, 113, 115),
    30: (116, 118, 117, 120, 82, 143, 142, 144),
    31: (145, 147, 150, 149, 148, 151, 172, 178),
    32: (124, 127, 126, 125, 188, 128, 153, 181),
    33: (155, 154, 157, 156, 159, 158, 182, 160),
    34: (185, 184, 187, 186, 190, 189, 191, 192),
    35: (224, 222, 135, 133, 137, 136, 140, 138),
    36: (161, 141, 163, 162, 165, 164, 167, 166),
    37: (193, 198, 195, 194, 197, 196, 200, 199),
    38: (202, 201, 227, 225, 253, 170, 234, 171),
    39: (173, 169, 175, 204, 203, 206, 205, 207),
    40: (208, 210, 209, 228, 230, 226, 229, 232),
    41: (233, 236, 235, 238, 237, 240, 239, 254),
    42: (177, 247, 180, 179, 183, 176, 212, 211),
    43: (214, 213, 243, 215, 218, 217, 221, 219),
    44: (241, 223, 244, 242, 246, 245, 249, 248),
    45: (251, 250, 256),
}
_ARX_BOARD_OF = {number: board for board, numbers in ARX_BOARDS.items() for number in numbers}
_NUMBER = re.compile(r"^LWA-?0*(\d+)$")


def board_of(index: int) -> int:
    """Return the SNAP2 board (1, 2, ...) of a correlator number (0, 1, ...)."""
    return index // ANTENNAS_PER_BOARD + 1


def snap2(index: int) -> str:
    """Return the name of the SNAP2 board of a correlator number (0, 1, ...)."""
    return f"SNAP2 board {board_of(index)}"


def number_of(antenna: str) -> int | None:
    """Return the number in the name of an antenna (266 of ``LWA266``), None for other names."""
    match = _NUMBER.match(antenna.strip().upper())
    return int(match[1]) if match else None


def arx(antenna: str) -> str | None:
    """Return the name of the ARX board of an antenna (``LWA266``), None if unknown."""
    number = number_of(antenna)
    board = None if number is None else _ARX_BOARD_OF.get(number)
    return None if board is None else f"ARX board {board}"
