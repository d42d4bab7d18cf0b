"""Sweeps as tables, cell by cell against the numbers they were made from."""

from itertools import product

import numpy as np

from prune_utils.studies import phases

RNG = np.random.default_rng(0)
NAMES, CRITERIA = ("train_prune", "roles"), ("random", "std")
# as `sweep` gives them over seeds: (seeds, counts), for three learning rates
RESULTS = [
    (
        {"full": RNG.normal(size=5), "dead": RNG.normal(size=5)},
        {
            c: {n: RNG.normal(size=(5, 2, 2)[: 3 if n == "roles" else 2]) for n in NAMES}
            for c in CRITERIA
        },
    )
    for _ in range(3)
]


def test_gathering_puts_every_number_in_its_cell():
    tables = phases.gather(RESULTS)
    assert tables["std"]["train_prune"].shape == (2, 3, 5)
    assert tables["std"]["roles"].shape == (2, 3, 5, 2)
    for rate, (whole, swept) in enumerate(RESULTS):
        for criterion, name in product(CRITERIA, NAMES):
            for count in range(2):
                np.testing.assert_array_equal(
                    tables[criterion][name][count, rate], swept[criterion][name][:, count]
                )
        np.testing.assert_array_equal(phases.gather_whole(RESULTS)["dead"][rate], whole["dead"])


def noisy(*means):
    """(1, cells, 8): eight seeds around each mean."""
    return np.array(means)[None, :, None] + 1e-4 * RNG.normal(size=8)


def test_the_commutator_is_a_ratio_with_a_star_where_it_is_not_one():
    table = {"orders": noisy(0.5, 0.1, 0.2), "orders of strangers": noisy(0.1, 0.5, 0.2)}
    table["orders"][0, 2] = table["orders of strangers"][0, 2]
    rows = phases.commutator_table(table, (0.5,), (0.1, 0.3, 1))
    *cells, together = rows["50% kept"].values()
    assert cells == ["5.00*", "0.20*", "1.00"]
    assert together.seeds == 8 and abs(together.mean - 1) < 1e-3
    last = {name: values[:, 1:] for name, values in table.items()}
    together = phases.commutator_table(last, (0.5,), (0.3, 1))["50% kept"]["all together"]
    np.testing.assert_allclose([together.mean, together.low], np.sqrt(0.2), rtol=1e-3)


def test_mean_roles_leave_out_seeds_without_a_number():
    roles = np.array([[[[0.5, 0.1], [np.nan, np.nan], [1.0, 0.3]]]])  # counts, rates, seeds, two
    np.testing.assert_allclose(phases.mean_roles({"roles": roles}, 0), [[0.75, 0.2]])


def test_marks_say_where_a_claim_holds():
    std = {"train_prune": noisy(0.9, 0.5), "orders": noisy(0.1, 0.4), "moves": noisy(0.5, 1.5)}
    std["roles"] = np.stack([noisy(0.2, 0.9), noisy(0, 0)], axis=-1)
    random = {"train_prune": noisy(0.5, 0.9), "prune_train": noisy(0.9, 0.9 - 0.1)}
    random["roles"] = np.stack([noisy(0.9, 0.2), noisy(0, 0)], axis=-1)
    marks = phases.claim_marks({"std": std, "random": random}, {"full": noisy(0.9, 0.9)[0]})
    expected = {"P14": [[-1, 1]]}
    expected |= {number: [[1, -1]] for number in ("P5", "P10", "P11", "P12", "P14, random")}
    assert {number: cells.tolist() for number, cells in marks.items()} == expected
    assert phases.tally(np.array([[1, 0, -1, 1]])) == {"holds": 2, "open": 1, "does not": 1}
    assert phases.tally_in_words(np.array([[1, 0, -1, 1]])) == "2 of 4 cells, 1 open"


def test_tables_have_a_row_for_each_rate_claim_or_criterion():
    whole = {"full": RNG.normal(size=(2, 5)), "dead": np.full((2, 5), 0.25)}
    rows = phases.whole_table(whole, np.array([0.5, 0.75]), (0.01, 0.1))
    np.testing.assert_array_equal(
        rows["learning rate 0.1"]["test accuracy of the full network"], whole["full"][1]
    )
    assert list(rows["learning rate 0.1"].values())[1:] == ["0.25", "0.75"]
    marks = {"P5": np.array([[1, 0, -1], [1, 1, 1]])}
    (row,) = phases.mark_table(marks, (0.9, 0.5)).items()
    assert row == (
        "P5 random pruning: prune_train scores at least a point higher",
        {"holds": 4, "open": 1, "does not": 1, "90% kept": "`+.-`", "50% kept": "`+++`"},
    )
    table = {"roles": np.array([[[[0.5, 0.25], [0.5, 0.25]]]])}
    rows = phases.role_table({"std": table}, 0, (0.1,))
    assert rows == {"std pruning": {"learning rate 0.1": "0.50 (different units 0.25)"}}
