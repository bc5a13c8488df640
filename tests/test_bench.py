"""The rows that the scripts of bench/ keep, and what the pages make of them."""

from pathlib import Path

import keras
import numpy as np
import pytest

from bench import gpu, results, rivals
from model_space.data import Data


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "FOLDER", tmp_path / "measured")
    return tmp_path / "measured"


def test_a_row_takes_the_place_of_the_one_that_is_of_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = results.reporter("efficiency", record=True)
    for workers, seconds in ((1, 1250.5), (2, 1007), (1, 8.25)):
        report({"study": "digits", "workers": workers, "seconds": seconds})
    assert results.column("efficiency", "seconds") == [8.25, 1007]
    assert results.column("efficiency", "seconds", workers=2) == [1007]
    kept = (folder / "efficiency.csv").read_text(encoding="utf-8")
    assert kept == "study,workers,seconds\ndigits,1,8.25\ndigits,2,1007\n"
    assert results.markdown("efficiency") == (
        "| study | workers | seconds |\n| --- | ---: | ---: |\n"
        "| digits | 1 | 8.25 |\n| digits | 2 | 1,007.00 |\n"
    )
    assert capsys.readouterr().out.splitlines() == [
        "| study | workers | seconds |",
        "| --- | --- | --- |",
        "| digits | 1 | 1250.5 |",
        "| digits | 2 | 1007 |",
        "| digits | 1 | 8.25 |",
    ]
    with pytest.raises(ValueError, match="has other columns: study, workers, seconds"):
        results.keep("efficiency", {"study": "digits", "workers": 1})


def test_what_was_not_measured_is_kept_empty_and_shown_as_a_dash(folder: Path) -> None:
    results.keep("truth", {"technique": "mixup", "effect, points": None})
    results.keep("truth", {"technique": "dropout", "effect, points": 1.5})
    assert results.rows_of("truth")[0] == {"technique": "mixup", "effect, points": None}
    assert results.column("truth", "effect, points") == [1.5]
    assert results.markdown("truth").splitlines()[2:] == ["| mixup | – |", "| dropout | +1.5 |"]


def test_a_rival_meets_the_images_in_a_new_order_every_epoch() -> None:
    numbers = np.arange(8, dtype=np.uint8)
    part = np.broadcast_to(numbers[:, None, None, None], (8, 1, 1, 1)).copy(), numbers % 2
    data = Data(("a", "b"), part, part, part)
    random = np.random.default_rng(0)
    (x, y), _ = rivals.arrays(data)
    one_by_one = rivals.generator(x, y, set(), 4, random)
    shuffled = rivals.batches(data, {}, {"batch_size": 4})
    epochs = [
        [[next(one_by_one) for _ in range(2)] for _ in range(3)],
        [list(shuffled.as_numpy_iterator()) for _ in range(3)],
    ]
    for rival in epochs:
        orders = [tuple(np.concatenate([x.ravel() for x, _ in epoch]) * 255) for epoch in rival]
        assert len(set(orders)) == 3
        assert all(np.allclose(sorted(order), numbers) for order in orders)


def test_nothing_is_kept_unless_it_is_to_be(folder: Path) -> None:
    results.reporter("export", record=False)({"trials": 64})
    assert not folder.exists()


def test_every_table_that_was_kept_has_its_key_and_is_shown() -> None:
    top = Path(results.__file__).parents[1]
    pages = [top / "bench" / "README.md", top / "docs" / "digits.md"]
    shown = "".join(page.read_text(encoding="utf-8") for page in pages)
    for file in results.FOLDER.glob("*.csv"):
        assert f'markdown("{file.stem}")' in shown
        assert len(results.rows_of(file.stem)[0]) > results.KEYS[file.stem]


@pytest.mark.parametrize("file", sorted(results.FOLDER.glob("*.csv")), ids=lambda file: file.stem)
def test_a_column_holds_plain_numbers_or_words(file: Path) -> None:
    rows = results.rows_of(file.stem)
    for name in list(rows[0])[results.KEYS[file.stem] :]:
        assert all(isinstance(row[name], int | float | None) for row in rows), name
    for row in rows:
        assert not any(isinstance(cell, str) and cell[:1].isdigit() for cell in row.values())


def test_operations_are_those_of_a_networks_matrix_products() -> None:
    network = keras.Sequential([
        keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 3, padding="same"),
        keras.layers.BatchNormalization(), keras.layers.Flatten(), keras.layers.Dense(5),
    ])  # fmt: skip
    convolution = 4 * 4 * (3 * 3 * 3) * 2
    assert gpu.forward_operations(network) == 2 * (convolution + 4 * 4 * 2 * 5)


def test_the_service_for_groups_has_folders_of_its_own_and_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu, "NVIDIA", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with gpu.mps(tmp_path / "none") as served:
        assert served == {}
    program, said = tmp_path / "nvidia-cuda-mps-control", tmp_path / "said"
    program.write_text(
        f'#!/bin/sh\necho "$CUDA_MPS_PIPE_DIRECTORY $CUDA_MPS_LOG_DIRECTORY $1" $(cat) >> {said}\n'
    )
    program.chmod(0o755)
    own = tmp_path / "own"
    with gpu.mps(own) as served:
        assert served == {"CUDA_MPS_PIPE_DIRECTORY": str(own), "CUDA_MPS_LOG_DIRECTORY": str(own)}
        assert own.is_dir()
        assert said.read_text() == f"{own} {own} -d\n"
    assert said.read_text().splitlines()[1:] == [f"{own} {own}  quit"]
    program.write_text("#!/bin/sh\nexit 1\n")
    with gpu.mps(tmp_path / "broken") as served:
        assert served == {}
