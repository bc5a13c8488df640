"""Decoding of sound files, all to one sampling rate and length, into log-mel images."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from model_space.data.files import decoded
from model_space.data.mel import DECIBELS, Spectrogram, log_mel, spectrogram_for
from model_space.data.source import DataError, Decoder, Progress

# What reads and resamples sounds is imported where it is used: most data are images.

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")

_SURVEYED = 1000
"""Files, at most, that decide how all are decoded."""
_FIT = 95
"""Percent of the sounds that are not cut."""
_MOST_SECONDS = 30.0
_RATES = 1_000, 768_000
"""The lowest and the highest sampling rate that sound is recorded with, in Hz."""


def sound_decoder(files: np.ndarray) -> tuple[Decoder, Spectrogram]:
    """Return a decoder of sound files that suits the training files (N,), and its conversion.

    All sounds get the most common sampling rate, and the length that is enough for 95 % of them,
    at most 30 seconds, judged by up to 1,000 files at even distances. Longer sounds are cut,
    shorter ones end in silence, and channels are averaged. Raises `DataError`.
    """
    with warnings.catch_warnings():
        _ignore_unknown_chunks()
        surveyed = [_read(file, 0) for file in files[:: -(-len(files) // _SURVEYED)]]
    rate = Counter(rate for rate, _, _ in surveyed).most_common(1)[0][0]
    seconds = np.percentile([of / rate for rate, of, _ in surveyed], _FIT, method="higher")
    how = spectrogram_for(rate, min(_MOST_SECONDS, float(seconds)))
    shape = how.bands, how.frames, 1

    def decode(files: np.ndarray, reading: Progress) -> np.ndarray:
        with warnings.catch_warnings():  # out here, as threads share what is ignored
            _ignore_unknown_chunks()
            return decoded(files, partial(decode_sound, how=how), (how, DECIBELS), shape, reading)

    return decode, how


def _ignore_unknown_chunks() -> None:
    """Ignore the warnings of chunks in a .wav file that are no sound."""
    from scipy.io.wavfile import WavFileWarning

    warnings.simplefilter("ignore", WavFileWarning)


def decode_sound(file: str, how: Spectrogram) -> np.ndarray:
    """Decode a sound file into an image (bands, frames, 1), bytes; raises `DataError`."""
    rate, _, channels = _read(file, how.seconds)
    if not np.isfinite(channels).all():
        raise DataError(f"{file} has samples that are NaN or infinite; repair or remove it")
    return mel_image(rate, channels, how)


def mel_image(rate: int, channels: np.ndarray, how: Spectrogram) -> np.ndarray:
    """Return the image (bands, frames, 1), bytes, of samples (n, channels) at `rate` Hz."""
    from scipy.signal import resample_poly

    sound = channels.mean(axis=1, dtype=np.float64)
    # Whatever numbers stand for silence and for the loudest sound, these are 0 and 1.
    sound -= sound.mean()
    sound /= np.abs(sound).max() or 1
    if rate != how.rate:
        ratio = Fraction(how.rate, rate).limit_denominator(1000)
        sound = resample_poly(sound, ratio.numerator, ratio.denominator)
    return log_mel(sound, how)


def _read(file: str, seconds: float) -> tuple[int, int, np.ndarray]:
    """Return the rate in Hz, the number of samples, and those of the first seconds."""
    read = _read_wav if Path(file).suffix.lower() == ".wav" else _read_other
    rate, of, channels = read(file, seconds)
    if not _RATES[0] <= rate <= _RATES[1]:
        raise DataError(
            f"{file} has {rate} samples a second, and a sound has {_RATES[0]:,} to {_RATES[1]:,}; "
            "repair or remove it"
        )
    if not of:
        raise DataError(f"{file} is a sound without samples; remove it")
    return rate, of, channels


def _read_wav(file: str, seconds: float) -> tuple[int, int, np.ndarray]:
    from scipy.io import wavfile

    try:
        _check_whole(file)
        try:
            rate, sound = wavfile.read(file, mmap=True)
        except ValueError:  # 24 bits cannot be mapped, nor can nothing
            rate, sound = wavfile.read(file)
    except Exception as error:  # SciPy raises all kinds, as a broken file happens to mislead it
        raise _corrupt(file) from error
    return rate, len(sound), sound[: round(seconds * rate)].reshape(-1, *sound.shape[1:] or (1,))


def _check_whole(file: str) -> None:
    """Raise `ValueError` where the file is shorter than it says in its beginning."""
    with open(file, "rb") as opened:
        kind, size = opened.read(4), int.from_bytes(opened.read(4), "little")
    # Eight bytes come before those counted; one that pads the last chunk is often forgotten.
    if kind == b"RIFF" and os.path.getsize(file) + 1 < size + 8:
        raise ValueError("cut short")


def _read_other(file: str, seconds: float) -> tuple[int, int, np.ndarray]:
    try:
        import soundfile
    except ImportError as error:
        raise DataError(
            f"{file} is not a .wav file; pip install 'kouka[sound]' to read other sounds"
        ) from error
    try:
        with soundfile.SoundFile(file) as sound:
            wanted = min(sound.frames, round(seconds * sound.samplerate))
            channels = sound.read(wanted, dtype="float32", always_2d=True)
            if len(channels) < wanted:
                raise _corrupt(file)
            return sound.samplerate, sound.frames, channels
    except soundfile.SoundFileError as error:
        raise _corrupt(file) from error


def _corrupt(file: str) -> DataError:
    return DataError(f"{file} cannot be read as a sound; repair or remove it")
