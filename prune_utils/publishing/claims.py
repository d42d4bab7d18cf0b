"""Claims with their verdicts and numbers."""

import json
from dataclasses import asdict, dataclass

from ..drawing.export import figures_directory
from ..statistics import mean_interval


@dataclass(frozen=True)
class Claim:
    """One sentence of the post, tested.

    Attributes:
      number: "P1" … "P19".
      says: the sentence, shortened.
      verdict: "holds", "holds only …" or "does not hold".
      coarse: the deciding number as words or coarsely rounded, the same on every machine.
      measured: the number with its interval, as measured.
      control: what it was compared with, and the number there.
      seeds: how many, or in words.
      figure: the name of the figure that shows it.
    """

    number: str
    says: str
    verdict: str
    coarse: str
    measured: str
    control: str
    seeds: int | str
    figure: str


def print_means(quantity, values, spec=".3f"):
    """One line a name: the mean over seeds with its 95 % interval; values: dict name ->
    (seeds,)."""
    width = max(map(len, values))
    for name, numbers in values.items():
        print(f"{name:>{width}}: {quantity} {mean_interval(numbers):{spec}}")


def report_claims(notebook, claims):
    """Prints the verdict table of a notebook (compared by CI) and saves the numbers for the
    README's table."""
    for claim in claims:
        print(f"{claim.number:<4}{claim.verdict}: {claim.coarse}")
    rows = [{**asdict(claim), "notebook": notebook} for claim in claims]
    (figures_directory() / f"claims_{notebook}.json").write_text(
        json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    )
