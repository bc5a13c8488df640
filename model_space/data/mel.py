"""A sound as an image: the loudness of its pitches, from moment to moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

BANDS = 40
"""Pitches told apart, as in Sainath & Parada 2015 (Interspeech), who recognize spoken words."""
DECIBELS = 80
"""From the loudest point of a clip, white, to black: less is inaudible beside it."""

_HOP_SECONDS = 0.016
"""From one frame to the next, which overlaps it by half, unless there would be too many."""
_FEWEST_FRAMES, _MOST_FRAMES = 16, 128


@dataclass(frozen=True)
class Spectrogram:
    """How sounds become images of so many mel bands × frames."""

    rate: int
    """Samples a second (Hz)."""
    seconds: float
    """How long the frames are together: longer sounds are cut, shorter ones end in silence."""
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
    """What shows sounds of so many samples a second whole where they last so many seconds.

    A frame lasts 32 ms and the next begins after half of that; where that makes more than 128
    frames, all are longer, so that an image never costs more to train on.
    """
    samples = seconds * rate
    hop = max(round(_HOP_SECONDS * rate), math.ceil(samples / (_MOST_FRAMES + 1)))
    frames = max(_FEWEST_FRAMES, math.ceil(samples / hop) - 1)
    return Spectrogram(rate, (frames + 1) * hop / rate, BANDS, frames)


def log_mel(sound: np.ndarray, how: Spectrogram) -> np.ndarray:
    """The image (bands, frames, 1), bytes, of samples (N,): low pitches first.

    Values are decibels below the clip's own loudest point, as how loud a recording is tells more of
    the microphone than of what is heard. Silence is black.
    """
    padded = np.zeros(how.samples, np.float32)
    kept = sound[: how.samples]
    padded[: len(kept)] = kept
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * how.hop)[:: how.hop]
    points = _points(how.rate, 2 * how.hop, how.bands)
    spectrum = np.fft.rfft(frames * _hann(2 * how.hop), points)
    power = _filters(how.rate, points, how.bands) @ np.square(np.abs(spectrum)).T
    loudest = power.max()
    if not loudest > 0:
        return np.zeros((how.bands, how.frames, 1), np.uint8)
    decibels: np.ndarray = 10 * np.log10(np.maximum(power / loudest, 10 ** (-DECIBELS / 10)))
    return np.rint(255 * (1 + decibels / DECIBELS)).astype(np.uint8)[..., np.newaxis]


def _mel(hertz: np.ndarray | float) -> np.ndarray:
    """The pitch in mel of frequencies in hertz (the HTK Book, Young et al. 2006, section 5.4)."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def _step(rate: int, bands: int) -> float:
    """Mels between the middles of two bands that, with an edge each, reach up to rate / 2."""
    return float(_mel(rate / 2)) / (bands + 1)


def _points(rate: int, window: int, bands: int) -> int:
    """How long a Fourier transform lets the lowest band, the narrowest, hold a frequency."""
    width = 700 * (10 ** (2 * _step(rate, bands) / 2595) - 1)
    return 1 << math.ceil(math.log2(max(window, rate / width + 1)))


@cache
def _hann(length: int) -> np.ndarray:
    """Hann's window (length,), of which halves that overlap sum to one."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


@cache
def _filters(rate: int, points: int, bands: int) -> np.ndarray:
    """Each band's weights of the frequencies, (bands, points // 2 + 1).

    They are triangles on the mel scale, evenly spaced, each from the middle of the band below,
    through 1 at its own, to the middle of the band above.
    """
    pitch = _mel(np.arange(points // 2 + 1) * rate / points) / _step(rate, bands)
    middles = np.arange(1, bands + 1)[:, np.newaxis]
    weights: np.ndarray = np.maximum(0, 1 - np.abs(pitch - middles))
    return weights.astype(np.float32)
