"""Claims about hardware against published numbers, and the model of a machine with failing hosts."""

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcalc.formulas import hardware, serving
from llmcalc.models import availability
from llmcalc.report import tables

DOCUMENTS = Path(__file__).parent.parent.parent / "shared" / "documents"
PUBLISHED = tables.read("hardware-claims-published").set_index("id")["value"]

probabilities = st.floats(min_value=0.5, max_value=1.0)
slices = st.integers(min_value=1, max_value=20)


def test_the_h100_of_the_claim_is_the_one_in_mlperfs_logs():
    # mlcommons/inference_results_v3.0, closed/NVIDIA, ResNet-50 offline: 727,437 images a second on eight H100 SXM.
    assert hardware.baseline_rate(127375, 1.4) == pytest.approx(727437 / 8, rel=1e-3)
    assert PUBLISHED["mlperf_s30x4"] / 4 == pytest.approx(PUBLISHED["mlperf_s30"], rel=2e-3)


def test_bandwidth_and_token_rate_are_two_views_of_one_limit():
    bandwidth = hardware.bandwidth_for_token_rate(176e9, 2, 25, sparsity_factor=8, batch_tokens=4)
    assert serving.decode_token_rate(176e9 / 8, 2, bandwidth, batch_tokens=4) == pytest.approx(25)


def test_eight_a100_stay_below_the_limit_of_their_memory():
    limit = serving.decode_token_rate(176e9, 2, 8 * tables.accelerators().loc["A100 SXM 80GB", "memory_bandwidth"])
    assert 0.4 * limit < 1 / PUBLISHED["bloom_seconds"] < limit


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6))
def test_outer_links_are_the_ends_that_no_neighbour_takes(width, depth, height):
    box = set(itertools.product(range(width), range(depth), range(height)))
    steps = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    leaving = sum((x + dx, y + dy, z + dz) not in box for x, y, z in box for dx, dy, dz in steps)
    assert hardware.outer_links(width, depth, height) == leaving


def test_switches_and_blocks_share_the_same_ends_of_fibres():
    # Jouppi et al. 2023, section 2.1: 48 switches of 128 ports in use, 64 blocks, 4,096 chips.
    switches = hardware.optical_switches(4, 4, 4)
    assert switches == 48
    assert switches * 128 == 64 * hardware.outer_links(4, 4, 4)


def test_amdahls_law_at_its_ends():
    assert hardware.amdahl_speedup(1, 100) == pytest.approx(100)
    assert hardware.amdahl_speedup(0.9, 1) == pytest.approx(1)
    assert hardware.amdahl_speedup(0.5, 1e12) == pytest.approx(2)


@given(st.integers(1, 40), st.floats(0, 1))
def test_working_blocks_are_binomial(blocks, probability):
    distribution = availability.working_blocks(blocks, probability)
    expected = [
        math.comb(blocks, count) * probability**count * (1 - probability) ** (blocks - count)
        for count in range(blocks + 1)
    ]
    assert distribution == pytest.approx(expected, abs=1e-12)


@given(probabilities, slices, slices)
def test_switches_never_harm_and_can_do_nothing_for_a_slice_of_the_whole(host_availability, slice_blocks, blocks):
    arguments = (host_availability, slice_blocks, blocks, 4)
    fixed, switched = availability.fixed_goodput(*arguments), availability.switched_goodput(*arguments)
    assert -1e-12 <= fixed <= switched + 1e-12 <= 1 + 1e-9
    if slice_blocks == blocks:
        assert fixed == pytest.approx(switched)
    if slice_blocks > blocks:
        assert fixed == switched == 0


@given(probabilities, slices)
def test_slices_of_one_block_need_no_switches(host_availability, blocks):
    mean = availability.block_availability(host_availability, 16)
    assert availability.switched_goodput(host_availability, 1, blocks, 16) == pytest.approx(mean)
    assert availability.fixed_goodput(host_availability, 1, blocks, 16) == pytest.approx(mean)


def test_goodput_of_small_machines_by_counting_every_state():
    blocks, size, probability = 5, 2, 0.9**3
    expected = 0.0
    for state in itertools.product((0, 1), repeat=blocks):
        weight = math.prod(probability if up else 1 - probability for up in state)
        expected += weight * (sum(state) // size) * size / blocks
    assert availability.switched_goodput(0.9, size, blocks, 3) == pytest.approx(expected)
    assert availability.fixed_goodput(0.9, size, blocks, 3) == pytest.approx(4 / 5 * probability**2)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [((1.2, 1, 4, 4), "host_availability"), ((0.9, 0, 4, 4), "slice_blocks"), ((0.9, 1, 0, 4), "blocks")],
)
def test_nonsense_is_refused_by_name(arguments, named):
    for goodput in (availability.fixed_goodput, availability.switched_goodput):
        with pytest.raises(ValueError, match=rf"^{named} = "):
            goodput(*arguments)


@pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the source documents do not lie beside the book")
def test_the_directory_of_models_stands_in_its_document():
    for entry in tables.read("model-directory").itertuples():
        lines = (DOCUMENTS / entry.document).read_text(encoding="utf-8").splitlines()
        assert lines[entry.line - 1] == entry.printed_name
        assert entry.printed_application in lines[entry.line + 1]
        assert lines[entry.line + 3] == entry.link
