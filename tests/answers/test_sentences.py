"""Every answer in a sentence: whatever is asked, it reads as one, and says what the numbers say."""

import random
import re

import pytest

from llmcalc.checks import Refusal
from llmcalc.formats import THINGS, number, plural
from llmcalc.questions import questions
from llmcalc.results import GOOD, LATE, UNFIT, Results

every_question = pytest.mark.parametrize("name", list(questions()))
TRIES = 60
SLOW = ("planner", "serving-users", "what-fits", "does-it-predict")


def drawn(parameter, generator):
    """A legal value: an end of the range, or something between."""
    if parameter.choices:
        return generator.choice(list(parameter.choices))
    if parameter.type is bool:
        return generator.random() < 0.5
    low, high = parameter.low, parameter.high
    place = generator.choice([0.0, 1.0, generator.random(), generator.random()])
    value = low * (high / low) ** place if low > 0 else low + (high - low) * place**4
    value = min(high, max(low, value))
    return round(value) if parameter.type is int else value


def answers(name):
    """Answers to random questions, whose default is the first."""
    question, generator = questions()[name], random.Random(name)
    yield question.answer()
    found = 0
    while found < (TRIES // 4 if name in SLOW else TRIES):
        chosen = generator.sample(list(question.parameters), generator.choice([1, 2, 3]))
        try:
            answer = question.answer(**{key: drawn(question.parameters[key], generator) for key in chosen})
        except Refusal:
            continue
        found += 1
        yield answer


@every_question
def test_a_sentence_reads_as_one_whatever_is_asked(name):
    for answer in answers(name):
        assert answer.kind in (GOOD, LATE, UNFIT)
        sentence = answer.sentence
        assert re.match(r"[A-Za-z0-9]", sentence), sentence
        assert sentence.endswith("."), sentence
        # No number is missing, nothing is empty or twice there, and one thing is no plural.
        assert not re.search(r"nan|None|inf\b|–|  |\.\.|,,| [.,;]|[{}]", sentence), sentence
        assert not re.search(rf"(?<![\d.,])\b1 (?:{'|'.join(map(plural, THINGS))})\b", sentence), sentence


@every_question
def test_what_a_sentence_prints_is_in_the_page_without_scripts(name):
    answer = questions()[name].answer()
    shown = answer._repr_html_()
    assert f'<p class="answer-sentence" data-kind="{answer.kind}">' in shown
    assert shown.index("answer-sentence") < shown.index("<table")


def said(name, **given):
    answer = questions()[name].answer(**given)
    return answer.kind, answer.sentence


def test_nobody_tells_what_nobody_wants_to_read():
    def tell(results):
        raise AssertionError

    assert Results(days=(1.0, "day", "Days")).tell(tell).numbers() == {"days": 1.0}
    assert (Results().kind, Results().sentence) == (GOOD, "")


@pytest.mark.parametrize("trials", range(6, 13))
def test_a_year_is_late_if_it_ends_after_its_end(trials):
    answer = questions()["cv-backlog"].answer(trials=trials, trials_high=20)
    late = answer["slack_days"] < 0
    assert answer.kind == (LATE if late else GOOD)
    assert answer.sentence.startswith("No: " if late else "Yes: ")
    assert f"day {number(answer['last_day'], 3)}, {number(abs(answer['slack_days']), 3)} day" in answer.sentence


@pytest.mark.parametrize(("batch", "memory_gib"), [(1, 24.0), (1, 4.0), (100, 24.0), (1, 5.0), (64, 200.0)])
def test_a_model_fits_if_there_is_room(batch, memory_gib):
    answer = questions()["memory"].answer(batch=batch, memory_gib=memory_gib)
    fits, trains = answer["serve_free_gib"] >= 0, answer["train_free_gib"] >= 0
    assert answer.kind == (GOOD if fits else UNFIT)
    assert (" does not fit into " in answer.sentence) != fits
    assert (", which does not fit" in answer.sentence) != trains
    assert ("either" in answer.sentence) == (not fits and not trains)
    assert (f"What would help: {number(answer['serve_batch'])} sequences, " in answer.sentence) == (
        not fits and answer["serve_batch"] >= 1
    )


@pytest.mark.parametrize("iteration_seconds", [0.5, 1.0, 1.07, 1.09, 2.0, 100.0])
def test_an_iteration_above_the_peak_cannot_be(iteration_seconds):
    answer = questions()["transformer-flops"].answer(iteration_seconds=iteration_seconds)
    assert answer.kind == (UNFIT if answer["mfu_percent"] > 100 else GOOD)
    assert ("can't take" in answer.sentence) == (answer.kind == UNFIT)
    assert f"{number(answer['mfu_percent'], 3)} % of the peak" in answer.sentence


def test_failures_may_never_let_a_run_end():
    assert said("failures", devices=16384)[0] == GOOD
    kind, sentence = said("failures", devices=1000000, checkpoint_minutes=1000.0)
    assert kind == UNFIT
    assert "never ends" in sentence


@pytest.mark.parametrize(
    ("name", "given", "kind", "words"),
    [
        ("planner", {"days": 1.0}, LATE, "Not in time: "),
        ("planner", {"sized_by": "devices", "device_count": 4}, UNFIT, "does not fit on 4 H100 SXM: training takes at"),
        ("planner", {"tensor_parallel": 1, "pipeline_stages": 1, "sharding": "none"}, UNFIT, "does not fit on H100"),
        ("serving-users", {"time_per_output_token": 0.001}, UNFIT, "within these limits: "),
        ("serving-users", {"users": 10.0, "model": "Llama 3.1 8B"}, GOOD, "1 H100 SXM serves 10 users of "),
        ("what-fits", {"model": "Llama 3.1 405B"}, UNFIT, "What would help: "),
        ("inference-cards", {"stream_tops": 90.0}, UNFIT, "no card can hold a whole stream"),
        ("does-it-predict", {"devices": 8192}, UNFIT, "but it does not fit: "),
        ("does-it-predict", {"measured_seconds": 6.45}, GOOD, "6.45 s that you measured are within that range"),
        ("does-it-predict", {"measured_seconds": 9.0}, GOOD, "9 s that you measured are outside that range"),
        ("training-schedules", {"a100_tflops": 100.0}, UNFIT, "More than 100 % is impossible"),
        ("training-schedules", {"flop_per_param_token": 1.0}, GOOD, "which may be."),
        ("training-gpus", {"params": 1e6, "tokens": 1e6, "days": 1.0}, GOOD, "takes 1 A100 PCIe 80GB to train"),
        ("training-gpus", {"accelerator": '{"name": "mine", "peak_tf32": "10 TFLOP/s"}'}, GOOD, "24,306 mine to train"),
        ("hardware-claims", {"gpus": 1}, GOOD, "1 GPU lets it write 5.79 tokens a second, less than the 25 claimed"),
        ("cnn-macs", {"network": "vit_b_16"}, GOOD, "billion in its attention"),
        ("inference-gpus", {"visits_per_day": 1.0}, GOOD, "1 visit a day"),
        ("training-cost", {"tokens": 1e6, "params": 1e6}, GOOD, "1 device finishes within 30 days"),
        ("training-step", {"servers": 1, "devices_per_server": 1}, GOOD, "1 device trains "),
        ("small-print", {"masks": 1.0}, GOOD, "Drawing 1 mask by hand"),
        ("how-much-data", {"tokens_per_param": 1.0}, GOOD, "At 1 token a parameter, "),
    ],
)
def test_what_is_impossible_unfit_or_late_is_said_in_words(name, given, kind, words):
    found, sentence = said(name, **given)
    assert found == kind, sentence
    assert words in sentence
