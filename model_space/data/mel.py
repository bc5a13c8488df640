"""Log-mel spectrograms: the loudness of the pitches of a sound, over time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

BANDS = 40
"""Mel bands, as in Sainath & Parada 2015 (Interspeech), who recognize spoken words."""
DECIBELS = 80
"""The range from the loudest point of a clip, white, to black: less is inaudible beside it."""

_HOP_SECONDS = 0.016
"""From a frame to the next, which overlaps it by half, unless there would be too many."""
_FEWEST_FRAMES, _MOST_FRAMES = 16, 128


@dataclass(frozen=True)
class Spectrogram:
    """The conversion of sounds into images of bands × frames."""

    rate: int
    """Samples a second (Hz)."""
    seconds: float
    """The length of all frames together: longer sounds are cut, shorter ones end in silence."""
    bands: int
    frames: int

    @property
    def samples(self) -> int:
        """The samples that the frames cover."""
        return round(self.seconds * self.rate)

    @property
    def hop(self) -> int:
        """Samples from the beginning of a frame to that of the next; a frame has twice as many."""
        return self.samples // (self.frames + 1)


def spectrogram_for(rate: int, seconds: float) -> Spectrogram:
    """Return a conversion that shows sounds of that rate (Hz) and length (seconds) whole.

    A frame lasts 32 ms and the next begins after half of that; where that makes more than 128
    frames, all are longer, so that an image never costs more to train on.
    """
    samples = seconds * rate
    hop = max(round(_HOP_SECONDS * rate), math.ceil(samples / (_MOST_FRAMES + 1)))
    frames = max(_FEWEST_FRAMES, math.ceil(samples / hop) - 1)
    return Spectrogram(rate, (frames + 1) * hop / rate, BANDS, frames)


def log_mel(sounds: np.ndarray, how: Spectrogram) -> np.ndarray:
    """Return the image (bands, frames, 1), bytes, of samples (N,) or (N, channels).

    Low pitches come first. The power is the mean of the channels'. Values are decibels below the
    clip's own loudest point, because the loudness of a recording depends on the microphone more
    than on the sound. Silence is black.
    """
    power = np.mean([_power(sound, how) for sound in np.atleast_2d(sounds.T)], axis=0)
    loudest = power.max()
    if not loudest > 0:
        return np.zeros((how.bands, how.frames, 1), np.uint8)
    decibels: np.ndarray = 10 * np.log10(np.maximum(power / loudest, 10 ** (-DECIBELS / 10)))
    return np.rint(255 * (1 + decibels / DECIBELS)).astype(np.uint8)[..., np.newaxis]


def _power(sound: np.ndarray, how: Spectrogram) -> np.ndarray:
    """Return the power (bands, frames) of samples (N,)."""
    padded = np.zeros(how.samples, np.float32)
    kept = sound[: how.samples]
    padded[: len(kept)] = kept
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * how.hop)[:: how.hop]
    points = _points(how.rate, 2 * how.hop, how.bands)
    spectrum = np.fft.rfft(frames * _hann(2 * how.hop), points)
    power: np.ndarray = _filters(how.rate, points, how.bands) @ np.square(np.abs(spectrum)).T
    return power


def _mel(hertz: np.ndarray | float) -> np.ndarray:
    """Return frequencies in Hz as pitch in mel (the HTK Book, Young et al. 2006, section 5.4)."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def _step(rate: int, bands: int) -> float:
    """Return the mels between the middles of bands that together reach up to rate / 2."""
    return float(_mel(rate / 2)) / (bands + 1)


def _points(rate: int, window: int, bands: int) -> int:
    """Return the length of a Fourier transform with a frequency in the lowest, narrowest band."""
    width = 700 * (10 ** (2 * _step(rate, bands) / 2595) - 1)
    return 1 << math.ceil(math.log2(max(window, rate / width + 1)))


@cache
def _hann(length: int) -> np.ndarray:
    """Return Hann's window (length,), of which overlapping halves sum to one."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


@cache
def _filters(rate: int, points: int, bands: int) -> np.ndarray:
    """Return each band's weights of the frequencies, (bands, points // 2 + 1).

    They are triangles on the mel scale, evenly spaced, each from the middle of the band below,
    through 1 at its own, to the middle of the band above.
    """
    pitch = _mel(np.arange(points // 2 + 1) * rate / points) / _step(rate, bands)
    middles = np.arange(1, bands + 1)[:, np.newaxis]
    weights: np.ndarray = np.maximum(0, 1 - np.abs(pitch - middles))
    return weights.astype(np.float32)
