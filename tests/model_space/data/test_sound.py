"""Sounds, as the images that are trained on."""

from __future__ import annotations

import math
import os
import struct
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from model_space.data import DataError, load, sound
from model_space.data.mel import Spectrogram, _filters, _points, log_mel, spectrogram_for
from model_space.data.sound import MelImage

pytestmark = pytest.mark.numeric

RATE = 8000


@pytest.fixture(autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def noise(seconds: float = 1.0, seed: int = 0) -> np.ndarray:
    """Noise that 8 and 16 bits hold."""
    return np.random.default_rng(seed).integers(-100, 100, round(seconds * RATE)) / 128


def save(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(path, rate, samples.astype(np.float32))


def tones(root: Path, count: int = 6, seconds: float = 1.0) -> Path:
    """Low tones and high ones, none like another."""
    for number in range(count):
        save(root / "high" / f"{number}.wav", tone(2400 + number, seconds))
        save(root / "low" / f"{number}.wav", tone(300 + number, seconds))
    return root


def image(file: Path, how: Spectrogram | None = None) -> np.ndarray:
    how = how or spectrogram_for(RATE, 1)
    return sound.decode_sound(str(file), how, sound.mel_image)[..., 0].astype(int)


def mel(hertz: float) -> float:
    """O'Shaughnessy 1987, by its other base."""
    return 1127.01048 * math.log(1 + hertz / 700)


def nearest_band(hertz: float, rate: int, bands: int) -> int:
    middles = [mel(rate / 2) * (band + 1) / (bands + 1) for band in range(bands)]
    return int(np.argmin([abs(middle - mel(hertz)) for middle in middles]))


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("hertz", [150, 440, 1000, 3500])
def test_a_tone_lights_the_band_of_its_frequency(hertz: float, rate: int) -> None:
    how = spectrogram_for(rate, 1)
    pixels = log_mel(tone(hertz, rate=rate), how)
    assert pixels.shape == (how.bands, how.frames, 1)
    # The last frames end in silence.
    brightest = pixels[:, :-2, 0].argmax(axis=0)
    assert set(brightest) == {nearest_band(hertz, rate, how.bands)}


def test_an_image_is_the_spectrum_written_out_longhand() -> None:
    how = spectrogram_for(RATE, 0.5)
    samples = np.random.default_rng(0).standard_normal(how.samples)
    window = [math.sin(math.pi * i / 256) ** 2 for i in range(256)]
    wave_table = np.exp(-2j * np.pi * np.outer(np.arange(129), np.arange(256)) / 256)
    edges = [mel(RATE / 2) * edge / 41 for edge in range(42)]
    pitches = [mel(RATE * k / 256) for k in range(129)]
    power = np.zeros((40, how.frames))
    for frame in range(how.frames):
        spectrum = wave_table @ (samples[128 * frame : 128 * frame + 256] * window)
        for band in range(40):
            weights = np.interp(pitches, edges[band : band + 3], [0, 1, 0])
            power[band, frame] = weights @ abs(spectrum) ** 2
    decibels = np.clip(10 * np.log10(power / power.max()), -80, 0)
    ours = log_mel(samples, how)[..., 0]
    assert abs(ours - 255 * (80 + decibels) / 80).max() < 0.51
    assert ours.max() == 255


@pytest.mark.parametrize("rate", [1000, 2000, 4000, 8000, 11025, 22050, 48000, 192_000, 768_000])
def test_every_band_holds_a_frequency(rate: int) -> None:
    how = spectrogram_for(rate, 1)
    filters = _filters(rate, _points(rate, 2 * how.hop, how.bands), how.bands)
    assert (filters.sum(axis=1) > 0).all()


@pytest.mark.parametrize("rate", [8000, 11025, 44100])
@pytest.mark.parametrize("seconds", [0.001, 0.2, 0.27, 1, 2.06, 2.1, 5, 30])
def test_the_frames_cover_the_sound_and_are_neither_few_nor_many(seconds: float, rate: int) -> None:
    how = spectrogram_for(rate, seconds)
    assert 16 <= how.frames <= 128
    assert how.samples == how.hop * (how.frames + 1)
    assert seconds <= how.seconds <= max(0.28, seconds + 0.016 * max(1, seconds))
    assert how.hop == round(0.016 * rate) or how.frames >= 126


def test_a_folder_of_sounds_becomes_images_beside_their_labels(tmp_path: Path) -> None:
    data = load(str(tones(tmp_path)))
    assert data.classes == ("high", "low")
    assert data.sound == Spectrogram(rate=8000, seconds=1.008, bands=40, frames=62)
    assert data.image_shape == (40, 62, 1)
    assert [len(part[1]) for part in (data.train, data.validation, data.test)] == [8, 2, 2]
    for images, labels in (data.train, data.validation, data.test):
        assert images.dtype == np.uint8
        low = images[:, :20].mean(axis=(1, 2, 3)) > images[:, 20:].mean(axis=(1, 2, 3))
        np.testing.assert_array_equal(low, labels == 1)


@pytest.mark.parametrize("above", [("train", "test"), ("train", "val", "test")])
def test_the_training_sounds_alone_decide_rate_and_length(
    tmp_path: Path, above: tuple[str, ...]
) -> None:
    tones(tmp_path / "train")
    for part in above[1:]:
        for number in range(20):
            for name in ("high", "low"):
                file = tmp_path / part / name / f"{number}.wav"
                save(file, tone(300 + number, 3, 16000), 16000)
    data = load(str(tmp_path))
    assert data.sound == spectrogram_for(RATE, 1)
    assert len(data.test[1]) == 40


def test_most_sounds_are_whole_and_the_longest_are_cut(tmp_path: Path) -> None:
    for number in range(20):
        for name in ("a", "b"):
            longest = name == "a" and number == 3
            save(tmp_path / name / f"{number}.wav", noise(9 if longest else 0.5 + number / 100))
    data = load(str(tmp_path))
    assert data.sound == spectrogram_for(RATE, 0.69)
    how = data.sound
    expected = log_mel(noise(9)[: how.samples + 1] - noise(how.seconds).mean(), how)[..., 0]
    # A level is rounded from sums in float32.
    assert abs(image(tmp_path / "a" / "3.wav", how) - expected).max() <= 1


def test_most_seconds_are_thirty(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for number in range(3):
            save(tmp_path / name / f"{number}.wav", tone(440, 40, 1000), 1000)
    data = load(str(tmp_path))
    assert data.sound is not None
    assert 30 <= data.sound.seconds < 31
    assert data.image_shape[1] <= 128


def test_a_short_sound_ends_in_silence(tmp_path: Path) -> None:
    how = spectrogram_for(RATE, 1)
    save(tmp_path / "short.wav", tone(500, 0.4))
    save(tmp_path / "click.wav", np.array([0.0, 0.5, -0.5]))
    short, click = (image(tmp_path / f"{name}.wav", how) for name in ("short", "click"))
    last = math.ceil(0.4 * RATE / how.hop)
    assert short[:, last - 2].max() > 200
    assert short[:, last:].max() == 0
    assert click[:, 0].max() == 255
    assert click[:, 1:].max() == 0


def test_the_rate_of_most_is_that_of_all(tmp_path: Path) -> None:
    for number in range(4):
        save(tmp_path / "a" / f"{number}.wav", tone(440 + number))
        save(tmp_path / "b" / f"{number}.wav", tone(900 + number))
    save(tmp_path / "b" / "fine.wav", tone(902, rate=16000), 16000)
    save(tmp_path / "b" / "odd.wav", tone(902, rate=11025), 11025)
    data = load(str(tmp_path))
    assert data.sound is not None
    assert data.sound.rate == RATE
    plain = image(tmp_path / "b" / "2.wav")
    for name in ("fine", "odd"):
        other = image(tmp_path / "b" / f"{name}.wav")
        # But for the sidelobes of what resampling does at the ends, 60 dB below the tone.
        clear = np.maximum(plain, other) > 64
        assert abs(plain - other)[clear][:-100].max() <= 8


def by_wave(path: Path, samples: np.ndarray, width: int) -> None:
    """Integers of 24 bits, which SciPy does not write."""
    whole = np.rint(samples * 2 ** (8 * width - 1)).astype("<i4")
    packed = whole[:, None].view(np.uint8)[:, :width].tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(width)
        file.setframerate(RATE)
        file.writeframes(packed)


def test_samples_of_all_widths_sound_the_same(tmp_path: Path) -> None:
    samples = noise()
    kinds = {
        "u1": np.rint(128 + 128 * samples).astype(np.uint8),
        "i2": np.rint(2**15 * samples).astype(np.int16),
        "i4": np.rint(2**31 * samples).astype(np.int32),
        "f4": samples.astype(np.float32),
        "f8": samples,
        "loud": (1e30 * samples).astype(np.float32),
        "offset": (samples + 3).astype(np.float32),
    }
    for name, values in kinds.items():
        wavfile.write(tmp_path / f"{name}.wav", RATE, values)
    by_wave(tmp_path / "i3.wav", samples, 3)
    plain = image(tmp_path / "f8.wav")
    for name in [*kinds, "i3"]:
        assert abs(image(tmp_path / f"{name}.wav") - plain).max() <= 1, name


def test_channels_are_heard_together(tmp_path: Path) -> None:
    low, high = tone(300), tone(2400)
    kinds = {
        "mono": low, "same": (low, low), "opposite": (low, -low), "silent": (low, 0 * low),
        "both": (low, high), "mixed": low + high,
    }  # fmt: skip
    for name, values in kinds.items():
        wavfile.write(tmp_path / f"{name}.wav", RATE, np.transpose(values).astype(np.float32))
    images = {name: image(tmp_path / f"{name}.wav") for name in kinds}
    assert images["mono"].max() == 255
    for name in ("same", "opposite", "silent"):
        assert abs(images[name] - images["mono"]).max() <= 1, name
    assert abs(images["both"] - images["mixed"])[:, 1:-1].max() <= 2


@pytest.mark.parametrize("level", [0, 128])
def test_silence_is_black(tmp_path: Path, level: int) -> None:
    wavfile.write(tmp_path / "a.wav", RATE, np.full(RATE, level, np.uint8))
    assert image(tmp_path / "a.wav").max() == 0


def test_what_else_a_file_holds_is_passed_over(tmp_path: Path) -> None:
    path = tones(tmp_path / "sounds")
    before = load(str(path)).fingerprint
    file = path / "low" / "2.wav"
    held = file.read_bytes()[8:] + b"abcd" + struct.pack("<I", 4) + b"note"
    file.write_bytes(b"RIFF" + struct.pack("<I", len(held)) + held)
    assert load(str(path)).fingerprint == before


def test_a_sound_is_decoded_once_and_again_when_its_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tones(tmp_path / "sounds")
    heard: list[str] = []
    original = sound.decode_sound

    def decode(file: str, how: Spectrogram, mel_image: MelImage) -> np.ndarray:
        heard.append(file)
        return original(file, how, mel_image)

    monkeypatch.setattr(sound, "decode_sound", decode)
    first = load(str(path)).fingerprint
    assert len(heard) == 12
    assert load(str(path)).fingerprint == first
    assert len(heard) == 12
    save(path / "low" / "3.wav", tone(1000))
    assert load(str(path)).fingerprint != first


def broken(path: Path) -> None:
    path.write_bytes(b"no sound")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def headless(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:30])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def cut_short_of_24_bits(path: Path) -> None:
    by_wave(path, tone(440), 3)
    cut_short(path)


def no_samples(path: Path) -> None:
    wavfile.write(path, RATE, np.zeros(0, np.int16))


def nan(path: Path) -> None:
    save(path, np.full(RATE, np.nan))


def no_channels(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:22] + b"\0\0" + path.read_bytes()[24:])


def no_rate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:24] + b"\0\0\0\0" + path.read_bytes()[28:])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (broken, "cannot be read as a sound; repair"),
        (empty, "cannot be read as a sound; repair"),
        (headless, "cannot be read as a sound; repair"),
        (cut_short, "cannot be read as a sound; repair"),
        (cut_short_of_24_bits, "cannot be read as a sound; repair"),
        (no_channels, "cannot be read as a sound; repair"),
        (no_samples, "is a sound without samples; remove"),
        (no_rate, "has 0 samples a second.*1,000 to 768,000.*repair"),
        (nan, "NaN or infinite; repair"),
    ],
)
@pytest.mark.parametrize("part", ["train", "test"])
def test_a_file_that_is_no_sound_is_named(
    tmp_path: Path, spoil: Callable[[Path], None], says: str, part: str
) -> None:
    for each in ("train", "test"):
        tones(tmp_path / each)
    spoil(tmp_path / part / "low" / "3.wav")
    with pytest.raises(DataError, match=rf"{part}/low/3\.wav.*{says}") as refusal:
        load(str(tmp_path))
    assert "\n" not in str(refusal.value)


def test_images_among_sounds_are_refused_with_one_of_each(tmp_path: Path) -> None:
    tones(tmp_path)
    Image.fromarray(np.zeros((20, 20), np.uint8)).save(tmp_path / "low" / "cover.png")
    with pytest.raises(DataError, match=r"images and sounds.*low/cover\.png and .*high/0\.wav"):
        load(str(tmp_path))


def test_sounds_have_no_image_size(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--image-size 32 is for images, and .* holds sounds"):
        load(str(tones(tmp_path)), image_size=32)


def test_messages_speak_of_sounds(tmp_path: Path) -> None:
    tones(tmp_path)
    for options, says in (
        ({"validation": 100}, "leaves none of the 10 training sounds"),
        ({"train_size": 100}, r"8 \(the sounds left to train on\)"),
    ):
        with pytest.raises(DataError, match=says):
            load(str(tmp_path), **options)  # type: ignore[arg-type]
    for number in range(1, 6):
        os.remove(tmp_path / "low" / f"{number}.wav")
    with pytest.raises(DataError, match="too few training sounds: 'low' 1; each"):
        load(str(tmp_path))


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3", ".aif", ".opus"])
def test_what_soundfile_reads_is_asked_for_where_it_is_missing(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    (tones(tmp_path) / "high" / f"5{suffix}").write_bytes(b"no WAV")
    with pytest.raises(DataError, match=rf"high/5\{suffix} .*pip install 'kouka\[sound\]'"):
        load(str(tmp_path))


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3", ".aif", ".opus"])
def test_soundfile_reads_the_rest(tmp_path: Path, suffix: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    for number in range(6):
        for name, hertz in (("high", 2400), ("low", 300)):
            (tmp_path / name).mkdir(exist_ok=True)
            kind = {".aif": ("AIFF", None), ".opus": ("OGG", "OPUS")}.get(suffix, (None, None))
            file = tmp_path / name / f"{number}{suffix}"
            soundfile.write(file, tone(hertz + number), RATE, format=kind[0], subtype=kind[1])
    data = load(str(tmp_path))
    assert data.sound is not None
    assert data.sound.rate == RATE
    plain = tmp_path / "plain.wav"
    save(plain, tone(302))
    heard = image(tmp_path / "low" / f"2{suffix}")[:, 10:50]
    np.testing.assert_array_equal(heard.argmax(axis=0), image(plain)[:, 10:50].argmax(axis=0))
    plain.unlink()
    file = tmp_path / "low" / f"3{suffix}"
    for left in (b"no sound", file.read_bytes()[: 2000 if suffix == ".flac" else 20]):
        file.write_bytes(left)
        with pytest.raises(DataError, match=rf"low/3\{suffix} cannot be read as a sound"):
            load(str(tmp_path))
