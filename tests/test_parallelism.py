"""The parts of a training step, against published numbers and against each other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import parallelism
from llmcalc.plans.diagnosis import communication_bottleneck

amounts = st.floats(min_value=1e-3, max_value=1e9)
shares = st.floats(min_value=1e-3, max_value=0.999)
counts = st.integers(min_value=1, max_value=512)


def test_a_step_is_the_sum_of_its_parts_and_of_any_one_alone():
    assert parallelism.step_seconds(20.0, 0.3, 0.9, 0.2, 6.0, 0.5) == pytest.approx(27.9)
    assert parallelism.step_seconds(20.0) == 20.0


@given(total=amounts, alone=amounts, per_server=counts, servers=counts)
def test_linearity_of_all_devices_is_that_between_servers_times_that_within_one(total, alone, per_server, servers):
    server = alone * per_server * 0.9
    within = parallelism.linearity(server, alone, per_server)
    between = parallelism.linearity(total, server, servers)
    assert math.isclose(parallelism.linearity(total, alone, per_server * servers), within * between, rel_tol=1e-9)


@given(total=amounts, alone=amounts, devices=counts)
def test_speed_up_is_linearity_times_devices(total, alone, devices):
    linearity = parallelism.linearity(total, alone, devices)
    assert math.isclose(parallelism.speed_up(total, alone), linearity * devices, rel_tol=1e-12)


@given(alone=amounts, hidden=shares, devices=counts)
def test_without_communication_devices_gain_what_linearity_leaves_to_gain(alone, hidden, devices):
    # Each device computes for one second and communicates for `hidden`; nothing else is lost.
    total = devices * alone / (1 + hidden)
    bound = parallelism.largest_network_gain(parallelism.linearity(total, alone, devices))
    assert math.isclose(parallelism.speed_up_without(1 + hidden, hidden), bound, rel_tol=1e-9)


@given(computing=amounts, communicating=amounts, waste=amounts)
def test_where_more_than_communication_is_lost_the_bound_is_not_reached(computing, communicating, waste):
    step = computing + communicating + waste
    bound = parallelism.largest_network_gain(parallelism.linearity(computing / step, 1.0, 1))
    assert parallelism.speed_up_without(step, communicating) <= bound


def test_amdahl_s_law_for_a_part_made_twice_as_fast():
    # Amdahl: with 95 % of the work made infinitely fast, the speed-up is 20.
    assert parallelism.speed_up_without(100.0, 95.0) == pytest.approx(20)
    saved = 1 - 1 / 1.64
    share = parallelism.affected_share(saved, 0.5)
    assert 1 / (1 - share / 2) == pytest.approx(1.64)


@pytest.mark.parametrize(("saved", "kept", "possible"), [(0.5, 0.5, True), (0.63, 0.5, False), (0.65, 0.25, True)])
def test_a_saving_beyond_what_the_format_saves_needs_more_than_the_whole(saved, kept, possible):
    assert (parallelism.affected_share(saved, kept) <= 1) == possible


@given(stages=counts, microbatches=counts)
def test_the_bubble_is_the_one_that_megatron_s_authors_print(stages, microbatches):
    # Narayanan et al. 2021, section 2.2.1: the bubble is (p - 1) / m of the ideal time.
    utilisation = parallelism.pipeline_utilisation(microbatches, stages)
    assert math.isclose(1 / utilisation - 1, (stages - 1) / microbatches, rel_tol=1e-9, abs_tol=1e-12)
    ideal = microbatches * 3.0
    assert math.isclose(ideal / parallelism.pipeline_seconds(microbatches, stages, 1.0, 2.0), utilisation)


@given(stages=st.integers(min_value=2, max_value=512), utilisation=shares)
def test_enough_microbatches_reach_the_utilisation_they_are_for(stages, utilisation):
    microbatches = parallelism.microbatches_for_utilisation(stages, utilisation)
    assert math.isclose(parallelism.pipeline_utilisation(microbatches, stages), utilisation, rel_tol=1e-9)


def test_gpipe_s_rule_of_four_microbatches_a_stage_is_about_four_fifths():
    # Huang et al. 2019, section 2.3: the bubble is negligible from M >= 4 K on.
    for stages in (2, 8, 64):
        assert 0.8 < parallelism.pipeline_utilisation(4 * stages, stages) < 0.9


@given(wait=amounts, transit=amounts)
def test_a_wait_ratio_is_a_share_of_the_time(wait, transit):
    ratio = parallelism.wait_ratio(wait, transit)
    assert math.isclose(ratio + parallelism.wait_ratio(transit, wait), 1.0, rel_tol=1e-9)


WAYS = {"SDMA": (24e9, 1.0, 30e9), "RDMA": (20e9, 2.0, 25e9)}


@pytest.mark.parametrize(
    ("ratios", "transfers", "verdict"),
    [
        # A card that all the others wait for, whatever the bandwidths are.
        ([0.5, 0.01, 0.5], WAYS, ("device", "waiting")),
        # All wait equally long, above the threshold: nobody is slow.
        ([0.5, 0.5, 0.5], {"SDMA": WAYS["SDMA"]}, ("SDMA", "bandwidth")),
        # Exactly at the threshold of 0.8 of the largest bandwidth, and below.
        ([0.1], {"SDMA": (24e9, 1.0, 30e9)}, ("SDMA", "bandwidth")),
        ([0.1], {"SDMA": (23e9, 1.0, 30e9)}, ("SDMA", "efficiency")),
        ([0.1], {"RDMA": (40e9, 2.0, 25e9)}, ("RDMA", "bandwidth")),
        ([0.1], {"RDMA": (20e9, 2.0, 25e9)}, ("RDMA", "efficiency")),
        # Both: the one that takes longer decides.
        ([0.1], WAYS, ("RDMA", "efficiency")),
        ([0.1], WAYS | {"SDMA": (72e9, 3.0, 30e9)}, ("SDMA", "bandwidth")),
        # A way that moved nothing is none.
        ([0.1], WAYS | {"RDMA": (0, 2.0, 25e9)}, ("SDMA", "bandwidth")),
        ([], {"SDMA": (0, 1.0, 30e9)}, ("nothing", "none")),
    ],
)
def test_the_decision_table_decides_as_the_document_does(ratios, transfers, verdict):
    assert communication_bottleneck(ratios, transfers) == verdict


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"wait_ratios": [1.0], "transfers": {}}, "wait_ratio"),
        ({"wait_ratios": [0.1], "transfers": {"SDMA": (1.0, 0.0, 1.0)}}, "seconds"),
        ({"wait_ratios": [0.1], "transfers": {"SDMA": (1.0, 1.0, 0.0)}}, "largest_bandwidth"),
        ({"wait_ratios": [], "transfers": {}, "wait_threshold": -0.1}, "wait_threshold"),
        ({"wait_ratios": [], "transfers": {}, "bandwidth_share": 0}, "bandwidth_share"),
    ],
)
def test_the_decision_table_refuses_nonsense_by_name(arguments, name):
    with pytest.raises(ValueError, match=f"^{name} = "):
        communication_bottleneck(**arguments)
