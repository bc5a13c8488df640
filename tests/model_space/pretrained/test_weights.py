"""Weights that a study begins with: downloaded once, recognized again, refused where changed."""

from pathlib import Path

import pytest

from model_space.pretrained import weights
from model_space.pretrained.catalogue import APPLICATIONS
from model_space.pretrained.weights import IMAGENET, WeightsError, find, kept_by_keras

SMALL = APPLICATIONS[0]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of a network's file on a server, and a home that Keras has put nothing in yet."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(weights, "_SERVER", f"{(tmp_path / 'server').as_uri()}/")
    file = tmp_path / "server" / SMALL.file
    file.parent.mkdir(parents=True)
    return file


def test_weights_are_downloaded_once_to_where_keras_keeps_them(server: Path) -> None:
    server.write_bytes(b"weights")
    told: list[str] = []
    first = weights.of_imagenet(SMALL, told.append)
    assert kept_by_keras(SMALL).read_bytes() == b"weights"
    assert not list(kept_by_keras(SMALL).parent.glob("*.partial"))
    server.unlink()
    assert weights.of_imagenet(SMALL, told.append) == first
    assert first.at == IMAGENET
    assert len(told) == 1
    assert find(SMALL, first) == kept_by_keras(SMALL)
    kept_by_keras(SMALL).write_bytes(b"others")
    with pytest.raises(WeightsError, match="not those that the study began with"):
        find(SMALL, first)


def test_a_download_that_fails_names_the_place_and_leaves_no_part(server: Path) -> None:
    with pytest.raises(WeightsError) as refused:
        weights.of_imagenet(SMALL, lambda sentence: None)
    assert "cannot be downloaded (No such file or directory)" in str(refused.value)
    assert str(kept_by_keras(SMALL)) in str(refused.value)
    assert "--weights" in str(refused.value)
    assert not kept_by_keras(SMALL).exists()
    assert not list(kept_by_keras(SMALL).parent.glob("*.partial"))
    server.write_bytes(b"weights")
    weights.of_imagenet(SMALL, lambda sentence: None)


def test_a_file_of_the_users_own_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.weights.h5").write_bytes(b"weights")
    (tmp_path / "b.keras").write_bytes(b"weights")
    one, other = (weights.of_file(str(tmp_path / name)) for name in ("a.weights.h5", "b.keras"))
    assert one.digest == other.digest
    assert find(SMALL, one) == tmp_path / "a.weights.h5"


@pytest.mark.parametrize(
    ("name", "says"),
    [("a.pt", "takes a .weights.h5, a .h5 or a .keras file"), ("none.h5", "cannot be read")],
)
def test_other_files_are_refused(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.pt").touch()
    with pytest.raises(WeightsError, match=says):
        weights.of_file(str(tmp_path / name))
