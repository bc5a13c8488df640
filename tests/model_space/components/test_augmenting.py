"""What the newer techniques do to training images and batches."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from model_space.components.layers import CutMix, OneOf, RandAugment, RandomErasing, SpecAugment
from model_space.components.layers.rand_augment import OPERATIONS

pytestmark = pytest.mark.numeric


@pytest.fixture(autouse=True)
def seeded() -> None:
    keras.utils.set_random_seed(3)


def flat(count: int, height: int, width: int, channels: int) -> dict[str, np.ndarray]:
    """Images each of one value of its own, and a class for each."""
    values = np.arange(count, dtype=np.float32) / count
    images = np.broadcast_to(values[:, None, None, None], (count, height, width, channels))
    return {"images": images, "labels": np.eye(count, dtype=np.float32)}


@pytest.mark.parametrize("alpha", [1.0, 0.2])
def test_cutmix_weighs_labels_by_the_area_that_it_pastes(alpha: float) -> None:
    count = 1500
    dial = keras.Variable(5.0, trainable=False)
    layer = CutMix(dial)
    dial.assign(alpha)
    mixed = {k: np.asarray(v) for k, v in layer(flat(count, 9, 14, 3)).items()}
    own = np.arange(count) / count
    is_own = np.isclose(mixed["images"], own[:, None, None, None])
    kept = is_own.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(mixed["labels"].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.diag(mixed["labels"]), kept, atol=1e-5)
    for image, label, inside in zip(mixed["images"], mixed["labels"], ~is_own, strict=True):
        rows, columns = inside.any(axis=(1, 2)), inside.any(axis=(0, 2))
        assert (inside == (rows[:, None] & columns)[..., None]).all()  # a box, of all channels
        for span in (rows, columns):
            assert np.abs(np.diff(np.pad(span, 1).astype(int))).sum() in (0, 2)
        if inside.any():  # of the image whose label it has
            other = np.argsort(label)[-2:]
            assert np.isclose(image[inside], other[:, None] / count).any(axis=0).all()
    # Its middle is anywhere, so that a box may reach over an edge; then it is smaller.
    drawn = np.sqrt(1 - np.random.default_rng(0).beta(alpha, alpha, (100_000, 1)))
    middle = np.random.default_rng(1).random((100_000, 2))
    cut = np.minimum(1, middle + drawn / 2) - np.maximum(0, middle - drawn / 2)
    assert kept.mean() == pytest.approx(1 - cut.prod(axis=1).mean(), abs=0.03)
    assert kept.std() == pytest.approx(cut.prod(axis=1).std(), abs=0.03)


def test_two_mixers_share_the_batches_evenly() -> None:
    layer = OneOf([CutMix(1.0), keras.layers.MixUp(1.0)])
    batch = flat(16, 8, 8, 1)
    mix = tf.function(layer, autograph=False)
    mix(batch)  # which is when the layer's parts are built
    seen = []
    for _ in range(200):
        mixed = np.asarray(mix(batch)["images"])
        pasted = np.isclose(mixed[..., None], batch["images"][:, 0, 0, 0]).any(axis=-1)
        seen.append(pasted.all())
        assert pasted.all() or not pasted.all(axis=(1, 2, 3)).all()
    assert 75 < sum(seen) < 125
    assert len(layer.variables) == 3  # a random state of its own and of each


@pytest.mark.parametrize("shape", [(32, 32, 3), (24, 40, 1)])
def test_random_erasing_fills_rectangles_of_the_sources_areas(shape: tuple[int, ...]) -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer = RandomErasing(dial)
    images = np.full((800, *shape), 0.5, np.float32)
    np.testing.assert_array_equal(layer(images), images)
    dial.assign(0.4)
    erased = np.asarray(layer(images))
    changed = (erased != images).any(axis=-1)
    some = changed.any(axis=(1, 2))
    assert some.mean() == pytest.approx(0.4, abs=0.06)
    areas, aspects = [], []
    for mask in changed[some]:
        rows, columns = mask.any(axis=1), mask.any(axis=0)
        assert (mask == rows[:, None] & columns).all()
        assert np.ptp(np.flatnonzero(rows)) + 1 == rows.sum()
        assert np.ptp(np.flatnonzero(columns)) + 1 == columns.sum()
        areas.append(mask.mean())
        aspects.append(rows.sum() / columns.sum())
    rounding = 1 / min(shape[:2])
    assert min(areas) > 0.02 - rounding / 4
    assert max(areas) < 0.4 + rounding
    assert np.mean(areas) == pytest.approx(0.21, abs=0.02)
    assert min(aspects) > 0.2
    assert max(aspects) < 5
    noise = erased[changed]
    assert (noise.min(), noise.max()) == pytest.approx((0, 1), abs=0.01)
    assert noise.mean() == pytest.approx(0.5, abs=0.01)


def test_spec_augment_masks_whole_bands_with_the_mean() -> None:
    dial = keras.Variable(0.0, trainable=False)
    layer = SpecAugment(dial)
    height, width = 80, 50
    images = np.random.default_rng(0).random((400, height, width, 1)).astype(np.float32)
    for time in (0.0, 0.2):
        dial.assign(time)
        masked = np.asarray(layer(images))
        mean = images.mean(axis=(1, 2), keepdims=True)
        covered = (masked != images)[..., 0]
        np.testing.assert_array_equal(
            covered, np.isclose(masked, mean, atol=1e-6)[..., 0] & covered
        )
        rows, columns = covered.all(axis=2), covered.all(axis=1)
        assert (covered == rows[:, :, None] | columns[:, None, :]).all()
        for bands, most in ((rows, 27), (columns, round(time * width))):
            starts = (np.diff(bands.astype(int), axis=1, prepend=0) == 1).sum(axis=1)
            assert starts.max() <= 2
            assert bands.sum(axis=1).max() <= 2 * most
            single = bands.sum(axis=1)[starts == 1]
            assert single.max(initial=0) >= most * 0.8
            if most:
                assert starts.max() == 2
                # Two masks of mean width most / 2, which seldom overlap.
                assert bands.sum(axis=1).mean() == pytest.approx(most, rel=0.2)


def pictures(channels: int) -> np.ndarray:
    """Noise on slopes, of 256 levels, neither black nor white."""
    random = np.random.default_rng(0)
    slope = np.linspace(40, 150, 20)[:, None, None] + np.linspace(0, 40, 24)[:, None]
    images = slope + random.integers(-20, 20, (len(OPERATIONS), 20, 24, channels))
    return np.round(images).astype(np.uint8)


def equalized(picture: np.ndarray) -> np.ndarray:
    """Each pixel's rank in its channel; Pillow's own is coarse on less than 256² pixels."""
    levels = picture.reshape(-1, picture.shape[-1])
    below = (levels[:, None] >= levels).sum(axis=1)
    even = (below - below.min(axis=0)) / (len(levels) - below.min(axis=0))
    return np.asarray(255 * even.reshape(picture.shape))


def by_pillow(name: str, picture: np.ndarray) -> np.ndarray:
    """The same at magnitude 5, upwards or to the right."""
    if name == "equalize":
        return equalized(picture)
    grey = picture.shape[-1] == 1
    image = Image.fromarray(picture[..., 0] if grey else picture)
    enhancers = {"color": ImageEnhance.Color, "contrast": ImageEnhance.Contrast,
                 "brightness": ImageEnhance.Brightness,
                 "sharpness": ImageEnhance.Sharpness}  # fmt: skip
    if name in enhancers:
        image = enhancers[name](image).enhance(1.45)
    elif name == "rotate":
        image = image.rotate(15, Image.Resampling.BILINEAR)
    elif name in ("shear_x", "shear_y", "translate_x", "translate_y"):
        lean = {"shear_x": (0.15, 0), "shear_y": (0, 0.15)}.get(name, (0, 0))
        shift = {"translate_x": (0.225 * 24, 0), "translate_y": (0, 0.225 * 20)}.get(name, (0, 0))
        x, y = 24 / 2, 20 / 2
        image = image.transform(
            image.size, Image.Transform.AFFINE,
            (1, lean[0], -lean[0] * y - shift[0], lean[1], 1, -lean[1] * x - shift[1]),
            Image.Resampling.BILINEAR,
        )  # fmt: skip
    elif name == "autocontrast":
        image = ImageOps.autocontrast(image)
    elif name == "solarize":
        image = ImageOps.solarize(image, 128)
    elif name == "posterize":
        image = ImageOps.posterize(image, 6)
    found = np.asarray(image)
    return found[..., None] if grey else found


@pytest.mark.parametrize("channels", [1, 3])
def test_rand_augments_operations_are_pillows(channels: int) -> None:
    images = pictures(channels)
    magnitude = keras.Variable(5.0, trainable=False)
    drawn, side = np.arange(len(OPERATIONS)), np.ones(len(OPERATIONS), np.float32)
    changed = np.asarray(
        RandAugment(magnitude).operate(images.astype(np.float32) / 255, drawn, side)
    )
    inner = np.s_[5:-5, 6:-6]  # away from edges, which are filled another way
    for name, before, after in zip(OPERATIONS, images, 255 * changed, strict=True):
        expected = by_pillow(name, before).astype(float)
        off = np.abs(after - expected)[inner]
        assert off.mean() < 1, name
        if name not in ("identity", *(("color",) if channels == 1 else ())):
            moved = np.abs(before - expected)[inner].mean()
            assert moved > 1.2, name
            assert off.mean() < moved / 2, name


def test_rand_augment_changes_each_image_in_its_own_way() -> None:
    image = pictures(3)[:1].astype(np.float32) / 255
    images = np.repeat(image, 300, axis=0)
    changed = np.asarray(RandAugment(9.0)(images))
    assert changed.min() >= 0
    assert changed.max() <= 1
    kinds = np.unique(changed.round(4).reshape(300, -1), axis=0)
    assert len(kinds) > 80  # of two operations each, to either side
    same = np.isclose(changed, images, atol=1e-6).all(axis=(1, 2, 3)).mean()
    assert same == pytest.approx(1 / 14**2, abs=0.02)  # both the identity


def test_rand_augment_goes_further_the_larger_its_magnitude() -> None:
    images = np.repeat(pictures(1)[:1].astype(np.float32) / 255, 200, axis=0)
    magnitude = keras.Variable(0.0, trainable=False)
    layer = RandAugment(magnitude)
    drawn = np.array([OPERATIONS.index(name) for name in ("rotate", "brightness")] * 100)
    side = np.repeat([1.0, -1.0], 100).astype(np.float32)
    far = []
    for value in (0.0, 2.0, 9.0):
        magnitude.assign(value)
        far.append(np.abs(np.asarray(layer.operate(images, drawn, side)) - images).mean())
    assert far[0] < 1e-6
    assert far[1] > 1e-3
    assert far[2] > 2 * far[1]


@pytest.mark.parametrize("layer", [RandAugment(9.0), RandomErasing(1.0), SpecAugment(0.2)])
def test_a_batch_is_changed_anew_each_time(layer: keras.Layer) -> None:
    images = pictures(1).astype(np.float32) / 255
    first, second = np.asarray(layer(images)), np.asarray(layer(images))
    assert (first != second).any()
    assert [variable.name for variable in layer.variables] == ["seed_generator_state"]
