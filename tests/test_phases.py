"""Sweeps as tables, cell by cell against the numbers they were made from."""

import numpy as np

from prune_utils.studies import phases

RNG = np.random.default_rng(0)
CELLS = {4: ("random", "std"), 2: ("std",)}
NAMES = ("train_prune", "orders")
# (criteria, seeds) are stored as sweep gives them: seeds first
RESULTS = [
    (
        {"full": RNG.normal(size=5), "dead": RNG.normal(size=5)},
        {c: {n: RNG.normal(size=(5, len(row))) for n in NAMES} for c, row in CELLS.items()},
    )
    for _ in range(3)
]


def test_gathering_puts_every_number_in_its_cell():
    table, half = phases.gather(RESULTS, "std", CELLS), phases.gather_criteria(RESULTS, 4)
    assert table["orders"].shape == (2, 3, 5) and half["orders"].shape == (2, 3, 5)
    for rate, (whole, swept) in enumerate(RESULTS):
        for name in NAMES:
            np.testing.assert_array_equal(table[name][0, rate], swept[4][name][:, 1])
            np.testing.assert_array_equal(table[name][1, rate], swept[2][name][:, 0])
            np.testing.assert_array_equal(half[name][0, rate], swept[4][name][:, 0])
        np.testing.assert_array_equal(phases.gather_whole(RESULTS)["dead"][rate], whole["dead"])


def noisy(*means):
    """(1, cells, 8): eight seeds around each mean."""
    return np.array(means)[None, :, None] + 1e-4 * RNG.normal(size=8)


def test_the_commutator_is_a_ratio_of_means():
    table = {"orders": noisy(0.5, 0.1), "orders of strangers": noisy(0.1, 0.5)}
    np.testing.assert_allclose(phases.mean_commutator(table), [[5, 0.2]], rtol=0.01)
    np.testing.assert_array_equal(phases.apart_from_strangers(table), [[1, -1]])
    table |= {"train_prune": noisy(0.5, 0.7), "prune_train": noisy(0.9, 0.7)}
    assert list(phases.cells_that_differ(table).values())[1:] == [2, 2]


def test_criteria_are_compared_with_the_first():
    scores = np.concatenate([noisy(0.5, 0.5), noisy(0.9, 0.2), noisy(0.5, 0.5)])
    scores[2] = scores[0]
    means, real = phases.against_random({"train_prune": scores})
    np.testing.assert_allclose(means, [[0.4, -0.3], [0, 0]], atol=1e-3)
    np.testing.assert_array_equal(real, [[True, True], [False, False]])


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
