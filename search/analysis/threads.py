"""The threads of linear algebra."""

from __future__ import annotations

from contextlib import AbstractContextManager

import numpy as np  # noqa: F401 - whose library is to be there when it is limited
from threadpoolctl import threadpool_limits


def one_thread() -> AbstractContextManager[object]:
    """Limit linear algebra to one thread for a while.

    kouka's matrices are small, so that a second thread mostly waits for the first, and takes its
    core from what trains.
    """
    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits
