"""Pipeline timelines: nothing overlaps, nothing starts too early, and they take as long as the formula says."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import parallelism
from llmcalc.models import timelines

SCHEDULES = [timelines.all_forward_all_backward, timelines.one_forward_one_backward]
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.__name__)
stage_counts = st.integers(min_value=1, max_value=9)
batches = st.integers(min_value=1, max_value=20)
durations = st.sampled_from([0.5, 1.0, 2.0, 3.5])


@every_schedule
@given(stages=stage_counts, microbatches=batches, forward=durations, backward=durations)
def test_every_stage_does_every_pass_once_and_nothing_twice_at_a_time(
    schedule, stages, microbatches, forward, backward
):
    timeline = schedule(stages, microbatches, forward, backward)
    done = {entry[:3] for entry in timeline}
    assert len(timeline) == len(done) == 2 * stages * microbatches
    for stage in range(stages):
        own = sorted((start, end) for at, _, _, start, end in timeline if at == stage)
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(own))
    for _, _, direction, start, end in timeline:
        assert end - start == (forward if direction == "forward" else backward)


@every_schedule
@given(stages=stage_counts, microbatches=batches, forward=durations, backward=durations)
def test_no_pass_starts_before_what_it_continues_has_ended(schedule, stages, microbatches, forward, backward):
    times = {entry[:3]: entry[3:] for entry in schedule(stages, microbatches, forward, backward)}
    for (stage, microbatch, direction), (start, _) in times.items():
        if direction == "forward" and stage > 0:
            assert times[stage - 1, microbatch, "forward"][1] <= start
        if direction == "backward":
            assert times[stage, microbatch, "forward"][1] <= start
            if stage < stages - 1:
                assert times[stage + 1, microbatch, "backward"][1] <= start


@every_schedule
@given(stages=stage_counts, microbatches=batches, forward=durations)
@pytest.mark.parametrize("ratio", [1, 2])
def test_utilisation_is_that_of_the_formula(schedule, ratio, stages, microbatches, forward):
    timeline = schedule(stages, microbatches, forward, ratio * forward)
    expected = parallelism.pipeline_utilisation(microbatches, stages)
    assert math.isclose(timelines.timeline_utilisation(timeline), expected, rel_tol=1e-12)
    end = parallelism.pipeline_seconds(microbatches, stages, forward, ratio * forward)
    assert math.isclose(timelines.timeline_end(timeline), end, rel_tol=1e-12)


@given(stages=stage_counts, microbatches=batches)
def test_gpipe_keeps_all_microbatches_and_1f1b_at_most_as_many_as_stages_are_left(stages, microbatches):
    gpipe = timelines.all_forward_all_backward(stages, microbatches)
    assert timelines.kept_microbatches(gpipe) == [microbatches] * stages
    alternating = timelines.one_forward_one_backward(stages, microbatches)
    expected = [min(stages - stage, microbatches) for stage in range(stages)]
    assert timelines.kept_microbatches(alternating) == expected


def test_one_stage_never_waits_and_one_microbatch_leaves_all_but_one_waiting():
    for schedule in SCHEDULES:
        assert timelines.timeline_utilisation(schedule(1, 5)) == 1.0
        assert timelines.timeline_utilisation(schedule(4, 1)) == 0.25


def test_1f1b_of_two_stages_and_two_microbatches_by_hand():
    assert timelines.one_forward_one_backward(2, 2, 1.0, 2.0) == [
        (0, 0, "forward", 0.0, 1.0),
        (0, 1, "forward", 1.0, 2.0),
        (1, 0, "forward", 1.0, 2.0),
        (1, 0, "backward", 2.0, 4.0),
        (0, 0, "backward", 4.0, 6.0),
        (1, 1, "forward", 4.0, 5.0),
        (1, 1, "backward", 5.0, 7.0),
        (0, 1, "backward", 7.0, 9.0),
    ]


@every_schedule
@pytest.mark.parametrize(
    ("name", "value"),
    [("pipeline_stages", 0), ("pipeline_stages", 1.5), ("microbatches", -1), ("forward_seconds", 0),
     ("backward_seconds", float("nan"))],
)  # fmt: skip
def test_nonsense_is_refused_by_name(schedule, name, value):
    with pytest.raises(ValueError, match=f"^{name} = "):
        schedule(**{"pipeline_stages": 4, "microbatches": 4, name: value})


@pytest.mark.parametrize(
    "measure", [timelines.timeline_end, timelines.timeline_utilisation, timelines.kept_microbatches]
)
def test_an_empty_timeline_is_refused(measure):
    with pytest.raises(ValueError, match=r"^timeline = \[\] is not accepted"):
        measure([])
