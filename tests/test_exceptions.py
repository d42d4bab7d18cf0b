"""The comments' exceptions, in networks of one layer made by hand."""

import warnings

import numpy as np
import pytest

from prune_utils.studies.exceptions import (
    clearest,
    described,
    exception_evidence,
    exception_rates,
    find_exceptions,
    gain_quantiles,
    places,
    relative_gain,
)

# Seed 0: unit 0 varies most and does nothing (P17), 7 hardly varies and matters (P19), 1 harms
# (P18), 2 harms on fresh points alone. Seed 1: the more it varies the more it matters; one is dead.
UNITS = {
    "std": np.array([[[8, 7, 6, 5, 4, 3, 2, 1]], [[8, 7, 6, 5, 4, 3, 2, 0]]], float),
    "rise": np.array(
        [[[0.001, -0.05, 0.03, 0.04, 0.02, 0.06, 0.005, 0.9]], [[8, 7, 6, 5, 4, 3, 2, 0]]], float
    ),
    "rise_test": np.array([[[0, -0.1, -0.2, 0, 0, 0, 0, 0.5]], [[1] * 7 + [0]]], float),
    # what unit 0 of seed 0 passes on is 0.008 / 8, the median unit's 1
    "passed": np.array([[[0.008, 7, 6, 5, 4, 3, 2, 1]], [[8, 7, 6, 5, 4, 3, 2, 0]]], float),
    "outgoing": np.array([[[1, 2, 3, 4, 5, 6, 7, 8]], [[8, 7, 6, 5, 4, 3, 2, 1]]], float),
}
ALIVE = UNITS["std"] > 0
LOSS = np.array([1.0, 1.0])
WHERE = {"P17": (0, 0, 0), "P18": (0, 0, 1), "P19": (0, 0, 7)}


@pytest.fixture
def found():
    return find_exceptions(UNITS, ALIVE, LOSS, LOSS)


def test_places_are_ranks_among_the_living():
    ranked = places(np.array([[[3.0, 9.0, 5.0, 7.0]]]), np.array([[[True, False, True, True]]]))
    np.testing.assert_allclose(ranked[0, 0], [1 / 6, np.nan, 0.5, 5 / 6])
    assert np.isnan(places(np.ones((1, 1, 2)), np.full((1, 1, 2), False))).all()


def test_each_exception_is_found_where_it_is(found):
    for number, place in WHERE.items():
        assert [tuple(index) for index in np.argwhere(found.found[number])] == [place]
    # of the upper halves, 4 and 3 units (the median one of 7 is in neither half)
    np.testing.assert_allclose(found.lucky, 2 / 7)


def test_a_unit_of_little_effect_is_not_ignored_if_it_passes_on_what_others_do():
    found = find_exceptions(UNITS | {"passed": UNITS["std"]}, ALIVE, LOSS, LOSS)
    assert not found.found["P17"].any()
    assert [tuple(index) for index in np.argwhere(found.quiet)] == [WHERE["P17"]]


def test_a_layer_without_a_gain_has_none_and_nothing_is_said():
    std = np.ones((1, 3, 2))
    alive = np.array([[[False, False], [True, True], [True, True]]])
    passed = np.array([[[1.0, 1.0], [0.0, 0.0], [1.0, 3.0]]])
    with warnings.catch_warnings(action="error"):
        gain = relative_gain(passed, std, alive)
    assert np.isnan(gain[0, :2]).all()
    np.testing.assert_allclose(gain[0, 2], [0.5, 1.5])


def test_gains_are_per_standard_deviation_and_relative_to_the_layer():
    std, passed = np.array([[[1.0, 2, 4, 0]]]), np.array([[[3.0, 4, 4, 9]]])
    gain = relative_gain(passed, std, std > 0)
    np.testing.assert_allclose(gain, [[[1.5, 1, 0.5, np.nan]]])


def test_quiet_units_are_set_beside_others_that_vary_as_much(found):
    table = gain_quantiles(found)
    assert table["of little effect"]["ignored"] == 1 and table["the others"]["ignored"] == 0
    np.testing.assert_allclose(table["of little effect"]["50%"], 0.001, rtol=0.01)
    np.testing.assert_allclose(table["the others"]["95%"], 1)


def test_a_gain_of_less_than_a_hundredth_is_none():
    found = find_exceptions(UNITS, ALIVE, 6 * LOSS, LOSS)
    assert not found.found["P18"].any()
    assert find_exceptions(UNITS, ALIVE, 0 * LOSS, 0 * LOSS).found["P18"].sum() == 1


def test_rates_count_living_units_and_networks(found):
    among, networks, outgoing = exception_rates(found, ALIVE)["P19"]
    np.testing.assert_allclose([among.mean, networks, outgoing], [1 / 16, 0.5, 7.5 / 8])
    nothing = find_exceptions(UNITS, ALIVE, 6 * LOSS, LOSS)
    assert np.isnan(exception_rates(nothing, ALIVE)["P18"][2])


def test_the_clearest_is_the_largest_of_those_found(found):
    assert clearest(UNITS, found) == WHERE
    nothing = find_exceptions(UNITS, ALIVE, 6 * LOSS, LOSS)
    assert clearest(UNITS, nothing).keys() == {"P17", "P19"}
    table = described(WHERE, UNITS, found)
    assert table["P18"]["rise (nats)"] == -0.05 and table["P18"]["std"] == 7
    assert table["P19"]["outgoing row"] == 8 and table["P19"]["median outgoing row"] == 4.5
    assert table["P17"]["place by std"] == 7.5 / 8 and table["P17"]["place by |rise|"] == 0.5 / 8


def test_an_exception_occurs_if_it_is_surely_in_one_network_of_a_hundred(found):
    evidence = exception_evidence({0.1: found}, {0.1: ALIVE})["P17"]
    assert evidence.often[0.1].mean == 0.5
    np.testing.assert_allclose(evidence.share, 1 / 16)  # the mean of one of 8 and none of 7
    assert evidence.occurs  # one of two: surely more than 1.2 %
    nothing = find_exceptions(UNITS, ALIVE, 6 * LOSS, LOSS)
    evidence = exception_evidence({0.1: nothing}, {0.1: ALIVE})["P18"]
    assert (evidence.occurs, evidence.share) == (None, 0)  # two networks are too few to say no


def test_an_exception_does_not_occur_if_it_is_in_none_of_many_networks():
    many = {name: np.tile(values[1:], (400, 1, 1)) for name, values in UNITS.items()}
    alive, loss = many["std"] > 0, np.ones(400)
    nothing = find_exceptions(many, alive, loss, loss)
    for seeds, occurs in ((180, None), (190, False)):
        found = {number: where[:seeds] for number, where in nothing.found.items()}
        part = nothing._replace(found=found)
        # the networks of both rates count together
        evidence = exception_evidence(
            dict.fromkeys((0.1, 0.01), part), dict.fromkeys((0.1, 0.01), alive[:seeds])
        )
        assert evidence["P17"].occurs is occurs
