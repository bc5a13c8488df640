"""Decoding of sound files, all to one sampling rate and length, into log-mel images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np

from model_space.data.files import decoded
from model_space.data.mel import DECIBELS, Spectrogram, log_mel, spectrogram_for
from model_space.data.reading import Reading
from model_space.data.source import Decoder, FileError, Progress, unreadable
from model_space.data.spec import READER
from model_space.data.wav import NotPlainWavError, read_wav

# What reads and resamples sounds is imported where it is used: most data are images.

_SURVEYED = 1000
"""Files, at most, that decide how all are decoded."""
_FIT = 95
"""Percent of the sounds that are not cut."""
_MOST_SECONDS = 30.0
_RATES = 1_000, 768_000
"""The lowest and the highest sampling rate that sound is recorded with, in Hz."""
_FACTS = np.dtype([("rate", "<i8"), ("samples", "<i8"), ("plain", "?")])
"""Of a sound file: its rate in Hz, its samples, and True where it is a WAV that needs no library
to be read."""

MelImage = Callable[[int, np.ndarray, Spectrogram], np.ndarray]
"""Turns samples (n, channels) at a rate in Hz into an image (bands, frames, 1), bytes."""


def sound_decoder(
    files: Mapping[str, np.ndarray], mel_image: MelImage, progress: Progress
) -> tuple[Decoder, Spectrogram, Reading]:
    """Return a decoder of sound files, its conversion, and what that changes of the files given.

    All sounds get the most common sampling rate of the training files, and the length that is
    enough for 95 % of them, at most 30 seconds, judged by up to 1,000 files at even distances.
    Longer sounds are cut, shorter ones end in silence. Raises `DataError` that names the broken
    files.
    """
    facts = {part: survey(of_part, progress) for part, of_part in files.items()}
    surveyed = facts["train"][:: -(-len(facts["train"]) // _SURVEYED)]
    rate = Counter(surveyed["rate"].tolist()).most_common(1)[0][0]
    seconds = np.percentile(surveyed["samples"] / surveyed["rate"], _FIT, method="higher")
    how = spectrogram_for(rate, min(_MOST_SECONDS, float(seconds)))
    shape = how.bands, how.frames, 1
    every = np.concatenate(list(facts.values()))
    reading = Reading(
        cut=int((every["samples"] / every["rate"] > how.seconds).sum()),
        resampled=int((every["rate"] != how.rate).sum()),
    )
    rules = () if mel_image.__module__ != __name__ else (READER,)

    def decode(files: np.ndarray, progress: Progress) -> np.ndarray:
        one = partial(decode_sound, how=how, mel_image=mel_image)
        return decoded(files, one, (how, DECIBELS, *rules), shape, progress)

    return decode, how, reading


def survey(files: np.ndarray, progress: Progress) -> np.ndarray:
    """Return the rates and lengths of files (N,), which are looked at once, as `_FACTS` (N,).

    Raises `DataError` that names the broken ones.
    """
    if not len(files):
        return np.zeros(0, _FACTS)
    rows = decoded(files, _look, ("sounds", _FACTS.descr, READER), (_FACTS.itemsize,), progress)
    return np.frombuffer(rows, _FACTS)


def _look(file: str) -> np.ndarray:
    rate, count, _ = _read(file, 0)
    try:
        read_wav(file, 0)
        plain = True
    except ValueError:
        plain = False
    return np.frombuffer(np.array([(rate, count, plain)], _FACTS).tobytes(), np.uint8)


def decode_sound(file: str, how: Spectrogram, mel_image: MelImage) -> np.ndarray:
    """Decode a sound file into an image (bands, frames, 1), bytes; raises `DataError`."""
    rate, _, channels = _read(file, how.seconds)
    if not np.isfinite(channels).all():
        raise FileError(file, "has samples that are NaN or infinite")
    return mel_image(rate, channels, how)


def mel_image(rate: int, channels: np.ndarray, how: Spectrogram) -> np.ndarray:
    """Return the image (bands, frames, 1), bytes, of samples (n, channels) at `rate` Hz.

    Its power is the mean of the channels', so that none is lost where two are opposite.
    """
    from scipy.signal import resample_poly

    # Whatever numbers stand for silence and for the loudest sound, these are 0 and 1.
    sounds = channels - channels.mean(axis=0, dtype=np.float64)
    sounds /= np.abs(sounds).max() or 1
    if rate != how.rate:
        ratio = Fraction(how.rate, rate).limit_denominator(1000)
        sounds = resample_poly(sounds, ratio.numerator, ratio.denominator)
    return log_mel(sounds, how)


def _read(file: str, seconds: float) -> tuple[int, int, np.ndarray]:
    """Return the rate in Hz, the number of samples, and those of the first seconds."""
    try:
        rate, of, channels = read_wav(file, seconds)
    except NotPlainWavError as error:
        rate, of, channels = _read_other(file, seconds, error)
    except Exception as error:  # a damaged header misleads in all kinds of ways
        raise unreadable(file, error, "a sound") from error
    if not _RATES[0] <= rate <= _RATES[1]:
        raise FileError(
            file, f"has {rate} samples a second, and a sound has {_RATES[0]:,} to {_RATES[1]:,}"
        )
    if not of:
        raise FileError(file, "is a sound without samples", "remove it")
    return rate, of, channels


def _read_other(file: str, seconds: float, as_wav: NotPlainWavError) -> tuple[int, int, np.ndarray]:
    try:
        import soundfile
    except ImportError as error:
        wav = Path(file).suffix.lower() in (".wav", ".wave")
        if wav and "coding" not in str(as_wav):
            raise _corrupt(file) from error
        kind = f"is a WAV of {as_wav}" if wav else "is not a .wav file"
        raise FileError(file, kind, "pip install 'kouka[sound]' to read other sounds") from error
    try:
        with soundfile.SoundFile(file) as sound:
            wanted = min(sound.frames, round(seconds * sound.samplerate))
            channels = sound.read(wanted, dtype="float32", always_2d=True)
            if len(channels) < wanted:
                raise _corrupt(file)
            return sound.samplerate, sound.frames, channels
    except soundfile.SoundFileError as error:
        raise _corrupt(file) from error


def _corrupt(file: str) -> FileError:
    return FileError(file, "cannot be read as a sound")
