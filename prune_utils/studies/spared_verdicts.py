"""The verdicts on notebook 08's claims: numbers in, conditions out."""

from .rules import RULES, numbered, settled


def verdicts(bounds, rare, harm, beyond, parts):
    """Whether P16 to P19, F3, F4 and F7 hold, see `numbered`.

    Args:
      bounds: the `BoundEvidence`.
      rare: `exception_evidence`.
      harm: the `FoldingEvidence`.
      beyond: `beyond_share` at each learning rate and in each dimension, `Interval`s.
      parts: F4's rules, a dict part -> list of `Interval`s.
    """
    f7, p16 = RULES["F7"], RULES["P16"]
    folded = harm.pooled["random"]["mean"]
    return numbered(
        P16=(
            bounds.violations == 0,
            {", with the constant √2, and is far from tight": bounds.tightest > p16.far},
        ),
        **{
            number: (
                rare[number].occurs,
                {", for few units": rare[number].share < RULES[number].few},
            )
            for number in ("P17", "P18", "P19")
        },
        F3=(settled(beyond), {}),
        F4=(settled([interval for part in parts.values() for interval in part]), {}),
        F7=(harm.harm("random"), {", by little": folded.mean > -f7.little}),
    )
