"""Claims, their verdicts and their numbers."""

import json
from dataclasses import dataclass

from ..drawing.export import figures_directory, write_text
from ..studies.orders import SEEDS
from ..studies.rules import RULES

ELSEWHERE = "elsewhere.json"
COLUMNS = (
    "number",
    "says",
    "rule",
    "headline",
    "against",
    "measured",
    "control",
    "seeds",
    "figure",
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence of the post, or of the report, tested.

    Attributes:
      number: "P1", "P2", … for the post's, "F1", "F2", … for the report's own.
      says: the sentence, shortened; by default that of `RULES`.
      rule: what counts as holding: a statement that reads on after the verdict, without a number
        that differs between machines; by default that of `RULES`.
      holds: whether it is so; None if the seeds leave it open.
      limits: in what way it holds only in part: (words, condition) pairs, or a dict of them. The
        first that is true qualifies the verdict.
      measured: the number with its interval, as measured.
      control: what it was compared with, and the number there.
      headline: the one number of `measured` that the short table shows; by default all of it.
      against: the same for `control`.
      seeds: how many, or in words; by default all of the report.
      figure: the name of the figure that shows it.
    """

    number: str
    says: str = ""
    rule: str = ""
    holds: bool | None
    limits: dict[str, bool] | tuple[tuple[str, bool], ...] = ()
    measured: str
    control: str
    headline: str = ""
    against: str = ""
    seeds: int | str = SEEDS
    figure: str

    def __post_init__(self):
        for name in ("says", "rule"):
            if not getattr(self, name):
                object.__setattr__(self, name, getattr(RULES[self.number], name))


def verdict(claim):
    """A claim's verdict: "open", "does not hold", "holds", or "holds" with the words of its first
    limit."""
    if claim.holds is None:
        return "open"
    if not claim.holds:
        return "does not hold"
    limits = claim.limits.items() if isinstance(claim.limits, dict) else claim.limits
    words = next((words for words, true in limits if true), "")
    return f"holds{'' if words.startswith(',') else ' '}{words}".rstrip()


def listed(numbers, spec):
    """The values of a dict of numbers or `Interval`s in a row, for `measured` and `control`."""
    return ", ".join(format(number, spec) for number in numbers.values())


def report_claims(notebook, claims):
    """Prints each verdict as a sentence, which CI compares, and saves the claims for README."""
    for claim in claims:
        print(f"{claim.number} {verdict(claim)}: {claim.rule.rstrip('.')}.")
    rows = [
        {name: getattr(claim, name) for name in COLUMNS}
        | {"verdict": verdict(claim), "notebook": notebook}
        for claim in claims
    ]
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    write_text(figures_directory() / f"claims_{notebook}.json", text + "\n")


def report_elsewhere(counts):
    """Saves, for the tables, how each claim's questions are answered on other data and networks;
    counts: dict number -> list of texts, as from `judged_beyond.counted`."""
    text = json.dumps(list(counts.items()), indent=1)
    write_text(figures_directory() / ELSEWHERE, text + "\n")
