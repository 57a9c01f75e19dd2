"""Parameters cells: what every notebook declares, and which texts stand for a value."""

import pytest

from bookbuild import notebooks
from bookbuild.run import parameters

NAMES = notebooks.names()
MFU = parameters.Parameter("mfu", float, 0.5, "1", "share of the peak", "0 < mfu ≤ 1")
LAYERS = parameters.Parameter("layers", int, 96, "1", "layers", "1 ≤ layers")
FORMAT = parameters.Parameter("form", str, "bf16", "1", "number format", "one of bf16, fp16")
DEVICE = parameters.Parameter("device", str, "H100 SXM", "1", "device", "one of accelerator in data/accelerators.csv")
NOTE = parameters.Parameter("note", str, "", "1", "anything", "")
SPARSE = parameters.Parameter("arrivals_spread", bool, False, "1", "whether zeros are skipped", "")
DECLARED = {parameter.name: parameter for parameter in (MFU, LAYERS, FORMAT, DEVICE, NOTE, SPARSE)}


@pytest.mark.parametrize("notebook", NAMES)
def test_every_line_of_a_parameters_cell_is_read(notebook):
    [cell] = [cell for cell in notebooks.read(notebook).cells if "parameters" in cell.metadata.get("tags", [])]
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#")]
    declared = parameters.declared(notebook)
    assert [line.split(":")[0] for line in lines] == list(declared)


def test_a_comment_on_a_line_of_its_own_names_a_group():
    declared = parameters.declared("planner")
    assert declared["tokens"].group == "Your question"
    assert declared["answer_tokens"].group == "How serving runs"
    assert {parameter.group for parameter in parameters.declared("memory").values()} == {""}


@pytest.mark.parametrize("notebook", NAMES)
def test_every_parameter_has_a_unit_and_a_description(notebook):
    for parameter in parameters.declared(notebook).values():
        assert parameter.unit.strip(), parameter.name
        assert parameter.help, parameter.name


@pytest.mark.parametrize("notebook", NAMES)
def test_every_default_is_of_its_type_and_in_its_range(notebook):
    for parameter in parameters.declared(notebook).values():
        assert type(parameter.default) is parameter.type, parameter.name
        assert parameter.convert(str(parameter.default)) == parameter.default


@pytest.mark.parametrize("notebook", NAMES)
def test_every_number_has_a_range(notebook):
    for parameter in parameters.declared(notebook).values():
        if parameter.type in (float, int):
            assert parameter.accepted, parameter.name


def test_choices_come_from_the_list_or_the_column():
    assert FORMAT.choices == ["bf16", "fp16"]
    assert {"A100 PCIe 80GB", "H100 PCIe"} <= set(DEVICE.choices)
    assert len(DEVICE.choices) == len(set(DEVICE.choices))
    assert MFU.choices == NOTE.choices == []


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (MFU, "0.4", 0.4),
        (MFU, "4e-1", 0.4),
        (MFU, "1", 1.0),
        (LAYERS, "1", 1),
        (LAYERS, "1000000", 10**6),
        (FORMAT, "fp16", "fp16"),
        (DEVICE, "A100 PCIe 80GB", "A100 PCIe 80GB"),
        (NOTE, 'it\'s = "that"', 'it\'s = "that"'),
        (NOTE, "", ""),
        (SPARSE, "true", True),
        (SPARSE, "Yes", True),
        (SPARSE, "1", True),
        (SPARSE, "False", False),
        (SPARSE, "no", False),
    ],
)
def test_a_text_is_converted(parameter, text, value):
    converted = parameter.convert(text)
    assert converted == value
    assert type(converted) is parameter.type


@pytest.mark.parametrize(
    ("parameter", "text", "said"),
    [
        (MFU, "0", "mfu = '0' is not accepted: give a number with 0 < mfu ≤ 1"),
        (MFU, "1.0001", "give a number with 0 < mfu ≤ 1"),
        (MFU, "-0.5", "give a number with 0 < mfu ≤ 1"),
        (MFU, "50 GB", "mfu = '50 GB' is not accepted"),
        (MFU, "0,5", "mfu = '0,5' is not accepted"),
        (MFU, "nan", "mfu = 'nan' is not accepted"),
        (MFU, "-inf", "mfu = '-inf' is not accepted"),
        (MFU, "1e999", "mfu = '1e999' is not accepted"),
        (MFU, "", "mfu = '' is not accepted"),
        (LAYERS, "0", "layers = '0' is not accepted: give a whole number with 1 ≤ layers"),
        (LAYERS, "96.5", "give a whole number with 1 ≤ layers"),
        (LAYERS, "9" * 5000, "give a whole number with 1 ≤ layers"),
        (FORMAT, "bf61", "form = 'bf61' is not accepted: give one of bf16, fp16 (did you mean 'bf16'?)"),
        (FORMAT, "?", "form = '?' is not accepted: give one of bf16, fp16"),
        (DEVICE, "H100SXM", "give one of accelerator in data/accelerators.csv (did you mean 'H100 SXM'?)"),
        (SPARSE, "maybe", "arrivals_spread = 'maybe' is not accepted: give true or false"),
    ],
)
def test_a_bad_text_is_refused_with_what_is_accepted(parameter, text, said):
    with pytest.raises(parameters.ParameterError) as error:
        parameter.convert(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_range_without_an_upper_end_is_still_finite():
    unbounded = parameters.Parameter("tokens", float, 1.0, "token", "tokens", "0 ≤ tokens")
    assert unbounded.convert("1e300") == 1e300
    for text in ("inf", "nan", "1e400"):
        with pytest.raises(parameters.ParameterError):
            unbounded.convert(text)


def test_a_range_that_names_another_parameter_is_a_slip_of_the_notebook():
    slip = parameters.Parameter("mfu", float, 0.5, "1", "share", "0 < hfu ≤ 1")
    with pytest.raises(ValueError, match="range of parameter mfu can't be read"):
        slip.convert("0.5")


def test_given_texts_are_converted_by_name():
    assert parameters.convert(DECLARED, {"layers": "80", "arrivals_spread": "yes"}) == {
        "layers": 80,
        "arrivals_spread": True,
    }
    assert parameters.convert(DECLARED, {}) == {}


def test_an_unknown_name_is_refused_with_the_closest():
    with pytest.raises(parameters.ParameterError, match="no parameter 'layer'; did you mean 'layers'"):
        parameters.convert(DECLARED, {"layer": "80"})
    with pytest.raises(parameters.ParameterError, match="no parameter 'x': known are mfu, layers, form"):
        parameters.convert(DECLARED, {"x": "80"})


def test_models_and_devices_of_ones_own_are_accepted_where_lists_of_the_book_are():
    declared = parameters.declared("what-fits")
    own = {"model": '{"model_type": "mixtral"}', "accelerator": '{"memory": "24 GB"}'}
    with pytest.raises(parameters.ParameterError, match=r"^model: num_hidden_layers is missing: give the field, which"):
        parameters.convert(declared, own)
    assert parameters.convert(declared, {"accelerator": own["accelerator"]}) == {"accelerator": own["accelerator"]}
    with pytest.raises(parameters.ParameterError, match=r"^accelerator: memory = '24 XB' is not accepted"):
        parameters.convert(declared, {"accelerator": '{"memory": "24 XB"}'})
    # A choice of the notebook's own has no such texts.
    with pytest.raises(
        parameters.ParameterError, match=r"^cache_format = '\{\}' is not accepted: give one of bf16, fp8"
    ):
        parameters.convert(declared, {"cache_format": "{}"})
