"""How a change is shared out among inputs: a case by hand, and what must hold for every other."""

import json
import math
import random
from itertools import permutations

import pytest

from llmcalc import cli, differences
from llmcalc.checks import Refusal
from llmcalc.questions import find, questions
from llmcalc.results import Results
from llmcalc.spread import Spread


def answer_of(function):
    """A question with one result, by any function of its inputs."""
    return lambda **values: Results(result=(function(**values), "GPU", "Result"))


def parts_of(function, first, second):
    return differences.compare(answer_of(function), first, second)["results"]["result"]


def test_a_case_by_hand():
    # 2·3 + 4 = 10 and 5·7 + 4 = 39. First a: 10 → 19 → 39; first b: 10 → 18 → 39.
    found = parts_of(lambda a, b, c: a * b + c, {"a": 2, "b": 3, "c": 4}, {"a": 5, "b": 7, "c": 4})
    assert (found["first"], found["second"], found["kind"], found["orders"]) == (10, 39, "factor", 2)
    assert list(found["parts"]) == ["a", "b"]
    assert found["parts"]["a"] == pytest.approx(math.sqrt(19 / 10 * 39 / 18))
    assert found["parts"]["b"] == pytest.approx(math.sqrt(39 / 19 * 18 / 10))
    assert found["change"] == 3.9
    # Less than nothing on one side: differences. −10 → −1 → 19 and −10 → −2 → 19.
    found = parts_of(lambda a, b, c: a * b + c, {"a": 2, "b": 3, "c": -16}, {"a": 5, "b": 7, "c": -16})
    assert (found["kind"], found["change"]) == ("difference", 29)
    assert found["parts"] == {"a": ((-1 + 10) + (19 + 2)) / 2, "b": ((19 + 1) + (-2 + 10)) / 2}


def test_a_product_gives_each_input_its_own_factor():
    found = parts_of(lambda a, b, c: a * b / c, {"a": 2.0, "b": 3.0, "c": 4.0}, {"a": 6.0, "b": 1.5, "c": 8.0})
    assert list(found["parts"].values()) == pytest.approx([3, 0.5, 0.5])


def by_all_orders(function, first, second, log):
    """The Shapley value as it is defined, order by order."""
    names = [name for name in first if first[name] != second[name]]
    sums = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        values = dict(first)
        for name in order:
            before = function(**values)
            values[name] = second[name]
            after = function(**values)
            sums[name] += math.log(after / before) if log else after - before
    orders = math.factorial(len(names))
    return {name: math.exp(total / orders) if log else total / orders for name, total in sums.items()}


def some(generator, count, low):
    def function(**values):
        total = weights[0]
        for place, name in enumerate(sorted(values)):
            total = total * values[name] ** weights[place % 3] + weights[place % 4] * values[name]
        return total + low

    weights = [generator.uniform(0.2, 1.5) for _ in range(4)]
    first, second = ({f"x{place}": generator.uniform(0.5, 2) for place in range(count)} for _ in range(2))
    return function, first, second


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("low", [0.0, -1e4], ids=["positive", "negative"])
def test_up_to_six_inputs_it_is_the_shapley_value(count, low):
    function, first, second = some(random.Random(count), count, low)
    found = parts_of(function, first, second)
    assert found["kind"] == ("difference" if low else "factor")
    assert found["orders"] == math.factorial(count)
    assert found["parts"] == pytest.approx(by_all_orders(function, first, second, not low))


@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 9, 12])
def test_factors_multiply_to_the_whole_and_differences_add_up_to_it(count):
    generator = random.Random(count)
    for low in (0.0, -1e4):
        function, first, second = some(generator, count, low)
        found = parts_of(function, first, second)
        whole = sum(found["parts"].values()) if low else math.prod(found["parts"].values())
        assert whole == pytest.approx(found["change"], rel=1e-9)
        assert found["change"] == pytest.approx(
            found["second"] - found["first"] if low else found["second"] / found["first"]
        )


@pytest.mark.parametrize("count", [3, 6, 8])
def test_the_order_in_which_inputs_are_given_does_not_matter(count):
    function, first, second = some(random.Random(count), count, 0.0)
    found = parts_of(function, first, second)
    names = list(first)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        again = parts_of(function, {name: first[name] for name in names}, {name: second[name] for name in names[::-1]})
        assert again == found


@pytest.mark.parametrize("count", [2, 6, 7, 10])
def test_the_way_back_is_the_same_way(count):
    function, first, second = some(random.Random(count), count, 0.0)
    there, back = parts_of(function, first, second)["parts"], parts_of(function, second, first)["parts"]
    assert {name: 1 / part for name, part in back.items()} == pytest.approx(there)


def test_beyond_six_inputs_each_has_every_place_twice():
    first, second = (dict.fromkeys("abcdefgh", value) for value in (1.0, 2.0))
    asked = []

    def function(**values):
        asked.append("".join(name for name in sorted(values) if values[name] == 2.0))
        return 1.0 + len(asked[-1]) ** 2

    found = parts_of(function, first, second)
    assert found["orders"] == 16
    assert len(asked) == len(set(asked)) == 8 * 7 + 2
    # All inputs do the same here, so that they have the same part.
    assert list(found["parts"].values()) == pytest.approx([(1 + 64) ** (1 / 8)] * 8)


def refusing(a, b, c):
    if a == 2 and b == 1:
        raise Refusal("a", a, "a smaller one, or a larger b")
    return a * b * c


def test_a_combination_that_is_refused_is_said_and_its_orders_are_left_out():
    found = differences.compare(answer_of(refusing), {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 4, "c": 3})
    [without, with_c] = found["refused"]
    assert (without["changed"], with_c["changed"]) == (["a"], ["a", "c"])
    assert without["reason"] == "a = 2 is not accepted: give a smaller one, or a larger b"
    # Of a b c, a c b, b a c, b c a, c a b, c b a those with a before b are left out.
    assert (found["orders"], found["results"]["result"]["orders"]) == (6, 3)
    assert list(found["results"]["result"]["parts"].values()) == pytest.approx([2, 4, 3])


def test_where_every_order_is_refused_nothing_is_shared_out():
    def function(a, b):
        if (a == 2) != (b == 2):
            raise Refusal("a", a, "the value of b")
        return a * b

    found = differences.compare(answer_of(function), {"a": 1, "b": 1}, {"a": 2, "b": 2})
    result = found["results"]["result"]
    assert (result["change"], result["orders"], result["parts"]) == (4, 0, {"a": None, "b": None})
    assert len(found["refused"]) == 2


def test_an_end_that_is_refused_is_refused():
    with pytest.raises(Refusal, match="a smaller one"):
        differences.compare(answer_of(refusing), {"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 3})
    with pytest.raises(Refusal, match="a value in both answers"):
        differences.compare(answer_of(refusing), {"a": 1, "b": 1}, {"a": 2, "b": 1, "c": 3})
    with pytest.raises(Refusal, match=r"days = '20 to 40' .* a single number"):
        differences.numbers({"days": Spread("days", 20, 40)})


def test_what_is_no_number_is_not_shared_out():
    def answer(a):
        return Results(
            fit=("yes" if a > 1 else "no", "1", "Fits"), cards=(None if a > 1 else 3.0, "card", "Cards", "none")
        )

    found = differences.compare(answer, {"a": 1}, {"a": 2})["results"]
    assert [found["fit"][key] for key in ("first", "second", "kind", "change")] == ["no", "yes", "", None]
    assert [found["cards"][key] for key in ("first", "second", "kind")] == [3.0, "none", ""]
    assert found["cards"]["parts"] == {"a": None}


def test_noise_of_rounding_is_no_difference():
    found = parts_of(lambda a, b: -(a + b) + 0 * b, {"a": 0.1, "b": 0.2}, {"a": 0.2, "b": 0.1})
    assert (found["change"], abs(found["parts"]["a"] + found["parts"]["b"]) < 1e-15) == (0.0, True)


def test_it_goes_on_in_steps():
    function, first, second = some(random.Random(1), 5, 0.0)
    found = differences.Comparison(answer_of(function), first, second)
    assert found.left == 2**5 - 2
    found.go_on(7)
    assert found.left == 2**5 - 9
    assert found.told()["results"]["result"] == parts_of(function, first, second)
    assert found.left == 0


def test_nothing_differs_from_itself():
    found = differences.compare(questions()["memory"].answer, {}, {})
    assert found["inputs"] == []
    assert all(result["change"] in (1.0, 0.0, None) for result in found["results"].values())


def run(capsys, *arguments):
    status = cli.run(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


TWO = ("mfu=40%", "--instead", "mfu=50%", "--instead", "days=60")


def test_the_command_tells_what_changes(capsys):
    status, printed, said = run(capsys, "answer", "training-gpus", *TWO)
    assert (status, said) == (0, "")
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert lines[0] == "input unit yours instead"
    assert lines[1:3] == ["days day 30 60", "mfu 0.4 0.5"]
    assert "Sustained rate needed TFLOP/s 121,528 60,763.9 × 0.5 × 0.5 × 1" in lines


def test_the_command_tells_it_as_json(capsys):
    status, printed, _ = run(capsys, "answer", "training-gpus", *TWO, "--json")
    told = json.loads(printed)
    answer = find("training-gpus").answer
    assert status == 0
    assert (told["question"], told["inputs"], told["units"]) == (
        "training-gpus",
        ["days", "mfu"],
        {"days": "day", "mfu": "1"},
    )
    assert (told["first"]["parameters"]["mfu"], told["second"]["parameters"]["mfu"]) == (0.4, 0.5)
    gpus = told["results"]["gpus"]
    assert (gpus["first"], gpus["second"]) == (answer(mfu=0.4)["gpus"], answer(mfu=0.5, days=60.0)["gpus"])
    assert gpus["parts"]["days"] * gpus["parts"]["mfu"] == pytest.approx(gpus["change"])


def test_the_command_says_which_combinations_are_refused(capsys):
    words = ("--instead", "accelerator=V100 PCIe 32GB", "--instead", "number_format=fp16")
    status, printed, _ = run(capsys, "answer", "training-gpus", *words)
    assert status == 0
    assert "no answer with accelerator alone changed: number_format = 'tf32' is not accepted" in printed


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--instead", "mfu=2"], "mfu = 2.0 is not accepted: give a number from 0.001 to 1"),
        (["--instead", "mfu=0.3 to 0.5"], "a single number, to compare two answers"),
        (["mfu=0.3 to 0.5", "--instead", "mfu=0.4"], "a single number, to compare two answers"),
        (["--instead", "mfux=2"], "did you mean 'mfu'?"),
        (["--instead", "mfu"], "write name=value"),
        (["--instead", "mfu=0.4", "--csv"], "leave out --csv"),
        (["--instead", "mfu=0.4", "--scenarios", "-"], "leave out --scenarios"),
        (["--instead", "mfu=0.4", "--together", "a,b"], "leave out --together"),
    ],
)
def test_what_can_not_be_compared_is_refused_in_one_line(capsys, more, said):
    status, printed, told = run(capsys, "answer", "training-gpus", *more)
    assert (status, printed, told.count("\n")) == (2, "", 1)
    assert said in told
