"""In which row do the steps of buying of two accounts stand once they are one? (K3, K9)"""

from collections.abc import Iterator

from keyaccount_web.duplicates.joining import Came, Settled


def in_a_row(came: Came) -> Iterator[Settled]:
    """The survivor's as they were, those that came below them, counted on."""
    steps = sorted(came.survivor.buying_steps.all(), key=lambda one: (came.has(one), one.place, one.pk))
    if any(came.has(one) for one in steps):
        for place, one in enumerate(steps, start=1):
            if one.place != place and came.has(one):
                yield Settled(one, {"place": place})
