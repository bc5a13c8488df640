from dataclasses import replace

from model_space.recipe import Recipe
from model_space.technique import Dial, Technique


def noise(recipe: Recipe, deviation: float) -> Recipe:
    def build() -> object:
        from keras import layers

        return layers.GaussianNoise(deviation)

    return replace(recipe, augment=(*recipe.augment, build))


TECHNIQUE = Technique(
    name="noise",
    changes="training images: Gaussian noise added to every pixel",
    source="Bishop 1995, Neural Computation 7",
    apply=noise,
    dials=(Dial("deviation", low=0.02, usual=0.1, high=0.3, log=True),),
)
