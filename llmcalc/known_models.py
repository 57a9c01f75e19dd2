"""The language models of `data/`: made of their rows, and found by any of their usual names.

>>> model("meta-llama/Llama-3.1-8B-Instruct").params
8030261248
"""

from . import datasets
from .checks import Refusal, ambiguous, closest, unknown
from .messages import marked
from .models.model import Model
from .once import Latest

# What people and repositories write behind a model's name: how it was tuned, the format of its weights, its context.
ENDINGS = (
    "instruct",
    "chat",
    "base",
    "hf",
    "it",
    "pt",
    "sft",
    "fp8",
    "fp4",
    "nvfp4",
    "mxfp4",
    "mxfp8",
    "bf16",
    "fp16",
    "int4",
    "int8",
    "w8a8",
    "w4a16",
    "awq",
    "gptq",
    "gguf",
    "bnb",
    "4bit",
    "8bit",
)


_LATEST = Latest()


def names() -> "list[str]":
    """Names of all models, those of `data/models.csv` before those of `data/transformer-shapes.csv`."""
    found = [row["model"] for row in datasets.records("models")]
    return found + [row["model"] for row in datasets.records("transformer-shapes") if row["model"] not in found]


def model(text: str) -> "Model":
    """The model that a text means (errors as in `find`)."""
    name = find(text)
    for row in datasets.records("models"):
        if row["model"] == name:
            return Model.from_row(row)
    return Model.from_shape(datasets.record("transformer-shapes", "model", name))


def find(text: str) -> str:
    """The name of the model that a text means, whatever its case, dashes, organisation and usual endings.

    Parameters
    ----------
    text : str
        What somebody wrote, e.g. ``"gpt-oss-120b"`` or ``"Qwen/Qwen3-30B-A3B-FP8"``.

    Raises
    ------
    Refusal
        If no name or more than one fits, naming the closest.

    Examples
    --------
    >>> find("LLAMA3_70B"), find("deepseek-ai/DeepSeek-R1"), find("maverick")
    ('Llama 3 70B', 'DeepSeek R1', 'Llama 4 Maverick')
    >>> find("Llama 3.1 9B")
    Traceback (most recent call last):
    ...
    llmcalc.checks.Refusal: model = 'Llama 3.1 9B' is not known: did you mean 'Llama 3.1 8B'?
    """
    if not isinstance(text, str) or not _words(text) or len(text) > 200:
        raise Refusal("model", text, "the name of a model")
    spelled: dict[str, str] = _LATEST(_spellings, datasets.records("models"), datasets.records("transformer-shapes"))
    words = _words(text)
    while True:
        joined = "".join(words)
        if joined in spelled:
            return spelled[joined]
        if len(words) < 2 or not _is_ending(words[-1]):
            break
        words = words[:-1]
    fitting = []
    for name in names():
        if all(word in _words(name) for word in words):
            fitting.append(name)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ambiguous("model", text, fitting)
    near = closest("".join(words), spelled)
    raise unknown("model", text, marked("the name of a model"), spelled[near] if near else "")


def _spellings(models: "list[datasets.Row]", shapes: "list[datasets.Row]") -> "dict[str, str]":
    """Names by how they and their aliases are written without case, dashes and blanks."""
    found = {}
    for row in shapes:
        found["".join(_words(row["model"]))] = row["model"]
    for row in models:
        for alias in (row["aliases"] or "").split(";"):
            if alias:
                found["".join(_words(alias))] = row["model"]
        if "huggingface.co" in row["link"]:
            found["".join(_words(row["link"]))] = row["model"]
    for row in models:  # after the aliases: a name means itself
        found["".join(_words(row["model"]))] = row["model"]
    return found


def _is_ending(word: str) -> bool:
    length = word[:-1].isdigit() and word[-1] == "k"  # of the context, in thousands of tokens
    return word in ENDINGS or length


def _words(text: str) -> "list[str]":
    """Runs of letters and digits of what follows the last slash, small."""
    last = text.rstrip("/").split("/")[-1].lower().replace("+", " plus ")
    spaced = "".join([letter if letter.isdigit() or letter.isalpha() else " " for letter in last])
    return spaced.split()
