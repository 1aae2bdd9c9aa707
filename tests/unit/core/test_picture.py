from __future__ import annotations

import numpy as np

from appliance.core.picture import Picture


def test_a_picture_tells_its_size_and_whether_it_has_alpha():
    plain = Picture(np.zeros((4, 8, 3), np.uint8))
    clear = Picture(np.zeros((4, 8, 4), np.uint8))

    assert (plain.width, plain.height, plain.has_alpha) == (8, 4, False)
    assert clear.has_alpha
