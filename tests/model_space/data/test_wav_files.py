"""WAV files as people have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from model_space.data import load
from model_space.data.folder import holds_sounds
from model_space.data.wav import read_wav
from model_space.facts import DataFacts
from tests.support.pictures import account, every, pixels, predicted
from tests.support.wav import ODD, RATE, WHOLE, riff, tone

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize("case", ODD)
def test_wav_files_with_odd_headers_are_read(tmp_path: Path, case: str) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(ODD[case])
    rate, count, samples = read_wav(str(file), 0.5)
    assert (rate, count) == (RATE, len(WHOLE))
    ours = samples[:, 0].astype(float)
    np.testing.assert_allclose(ours / abs(ours).max(), WHOLE[: RATE // 2] / 10_000, atol=1e-4)


@pytest.mark.parametrize(("coding", "kind"), [(6, "ALAW"), (7, "ULAW")])
def test_the_codes_of_telephones_are_decoded_as_by_libsndfile(
    tmp_path: Path, coding: int, kind: str
) -> None:
    soundfile = pytest.importorskip("soundfile")
    file = tmp_path / "a.wav"
    file.write_bytes(riff(bytes(range(256)), coding, 1))
    expected, _ = soundfile.read(file, dtype="int16")
    assert soundfile.info(file).subtype == kind
    np.testing.assert_array_equal(read_wav(str(file), 1)[2][:, 0], expected)


def sounds(root: Path, samples: Callable[[int, int], np.ndarray]) -> Path:
    for label, name in enumerate("ab"):
        (root / name).mkdir(parents=True)
        for i in range(5):
            wavfile.write(root / name / f"{i}.wav", RATE, samples(label, i).astype(np.float32))
    return root


def test_opposite_channels_do_not_cancel(tmp_path: Path) -> None:
    def inverted(label: int, i: int) -> np.ndarray:
        one = tone(300 + 2000 * label + i)
        return np.stack([one, -one], axis=1)

    data = load(str(sounds(tmp_path, inverted)))
    facts = DataFacts.of(data)
    assert facts.checks is not None
    assert facts.checks.uniform == 0
    assert (every(data).max(axis=(1, 2, 3)) == 255).all()
    np.testing.assert_array_equal(
        predicted(data, tmp_path / "a" / "0.wav")[0],
        predicted(data, *sounds(tmp_path / "one", lambda of, i: tone(300 + i)).glob("a/0.wav"))[0],
    )


def test_sounds_that_are_cut_or_resampled_are_counted(tmp_path: Path) -> None:
    path = sounds(tmp_path / "data", lambda label, i: tone(300 + 2000 * label + i))
    for i in range(20):
        wavfile.write(path / "a" / f"more{i}.wav", RATE, tone(300 + i / 9).astype(np.float32))
    wavfile.write(path / "a" / "long.wav", RATE, np.tile(tone(440), 3).astype(np.float32))
    wavfile.write(path / "b" / "fine.wav", 2 * RATE, tone(440).astype(np.float32))
    (path / "b" / "lossy.m4a").write_bytes(b"")
    assert account(path) == {"cut": 1, "resampled": 1, "left_out": {".m4a": 1}}
    Image.fromarray(pixels(1)).save(path / "cover.png")
    assert account(path)["outside"] == 1
    assert holds_sounds(path)
