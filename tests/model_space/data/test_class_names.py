"""Classes to test on that are none to train on, but look like one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_space.data import DataError, load
from tests.support.pictures import SIDE, pictures, pixels

pytestmark = pytest.mark.numeric

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


def parts(root: Path) -> Path:
    for part, name in (("train", COMPOSED), ("test", DECOMPOSED)):
        pictures(root / part)
        (root / part / "a").rename(root / part / name)
    return root


def table(root: Path) -> Path:
    pictures(root)
    rows = [f"a/{at}.png,Dog,train\nb/{at}.png,Cat,train" for at in range(4)]
    lines = ["path,label,split", *rows, "a/4.png,dog,test", "b/4.png,cat,test"]
    (root / "labels.csv").write_text("\n".join(lines))
    return root / "labels.csv"


def arrays(root: Path) -> Path:
    x, y = pixels(0, 20, SIDE, SIDE), np.array(["cat", "dog"])[np.arange(20) % 2]
    np.savez(root / "a.npz", x=x, y=y, x_test=x[:2], y_test=np.array(["cat", "dog "]))
    return root / "a.npz"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (parts, rf"lacks: \['{DECOMPOSED}'\] \('{COMPOSED}' differs in capitals, spaces or"),
        (table, r"lacks: \['cat', 'dog'\] \('Cat', 'Dog' differ in capitals, spaces or the coding"),
        (arrays, r"lacks: \['dog '\] \('dog' differs in .* alone\); remove those images"),
    ],
)
def test_a_class_that_looks_like_one_to_train_on_is_named_beside_it(
    tmp_path: Path, made: Callable[[Path], Path], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        load(str(made(tmp_path)))
