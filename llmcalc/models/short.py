"""A model as a short text that holds all its numbers, for links: as long for 94 layers as for two.

>>> from llmcalc.models.configs import from_config
>>> fields = {"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32}
>>> text = written(from_config(dict(fields, num_attention_heads=32, vocab_size=32000), "Mine"))
>>> text[:44]
'{"name":"Mine","layers":32,"hidden_size":409'
>>> read(text).params
6738415616
"""

import json

from ..checks import Refusal
from ..messages import message
from .layers import Attention, LatentAttention, Matrix, Mixture, Mlp, Recurrent
from .model import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    from .layers import Mixer

    AnyPart: TypeAlias = Mixer | Mlp | Mixture
    Numbers: TypeAlias = tuple[tuple[str, Any], ...]

MOST_TEXT = 4000  # characters: several times what any model of the book takes, and well within what servers take
MOST_PARTS = 16
DEEPEST = 6  # an object, its lists, their parts, and what these list
LONGEST_NAME = 60
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-+/()"

# Numbers of a model, and of each kind of part, with what they are where they are left out; None if they never are.
OF_MODEL = (
    ("layers", None),
    ("hidden_size", None),
    ("vocabulary_size", None),
    ("norm_vectors", 1),
    ("layer_norms", 2),
    ("final_norms", 1),
    ("embedding_norms", 0),
    ("embedding_tables", 2),
    ("embedding_size", "hidden_size"),
    ("learned_positions", 0),
    ("logits_bias", False),
    ("other_values", 0),
    ("layer_vectors", ""),
    ("final_vectors", ""),
    ("context", ""),
)
OF_ATTENTION = (
    ("layers", None),
    ("heads", None),
    ("kv_heads", None),
    ("head_size", None),
    ("value_size", "head_size"),
    ("window", 0),
    ("query_bias", False),
    ("output_bias", False),
    ("norm_values", 0),
    ("gate_size", 0),
    ("value_matrix", True),
    ("cached", True),
    ("other_values", 0),
)
OF_LATENT = (
    ("layers", None),
    ("heads", None),
    ("query_rank", None),
    ("kv_rank", None),
    ("rotary_size", None),
    ("nope_size", None),
    ("value_size", None),
    ("query_bias", False),
    ("output_bias", False),
    ("index_heads", 0),
    ("index_size", 0),
    ("index_window", 0),
    ("gate_size", 0),
)
OF_MLP = (("layers", None), ("mlp_size", None), ("mlp_matrices", 3), ("bias", False), ("other_values", 0))
OF_MIXTURE = (
    ("layers", None),
    ("experts", None),
    ("experts_per_token", None),
    ("expert_mlp_size", None),
    ("mlp_matrices", 3),
    ("shared_mlp_size", 0),
    ("shared_gate", False),
    ("bias", False),
    ("router_bias", False),
    ("latent_size", 0),
    ("other_values", 0),
)
OF_STATE = (
    ("layers", None),
    ("vector_values", None),
    ("state_values", None),
    ("convolution_weights", 0),
    ("flop", 0.0),
    ("kept_values", 0),
)
KINDS: "dict[str, tuple[Callable[..., AnyPart], Numbers]]" = {
    "standard": (Attention, OF_ATTENTION),
    "latent": (LatentAttention, OF_LATENT),
    "dense": (Mlp, OF_MLP),
    "mixture": (Mixture, OF_MIXTURE),
}


def written(model: "Model") -> str:
    """A model as a short text, from which `read` makes the same one.

    Raises
    ------
    ValueError
        If the text would be longer than links take.
    """
    name = "".join([letter for letter in model.name if letter in LETTERS])[:LONGEST_NAME]
    # In this order, which mappings do not keep in every Python.
    members = [_member("name", name)] + [_member(*pair) for pair in _numbers(model, OF_MODEL)]
    for parts in ("mixers", "mlps"):
        members.append('"' + parts + '":[' + ",".join([_part(part) for part in getattr(model, parts)]) + "]")
    if model.assumed:
        members.append('"assumed":1')
    text = "{" + ",".join(members) + "}"
    if len(text) > MOST_TEXT:
        sentence = message(
            "model is too long for a link: {length} characters, and at most {most} are taken",
            length=len(text),
            most=MOST_TEXT,
        )
        raise Refusal("model", None, message("a model of at most {most} characters", most=MOST_TEXT), reason=sentence)
    return text


def _part(part: "AnyPart") -> str:
    numbers = KINDS[part.kind][1] if part.kind in KINDS else OF_STATE
    members = [_member("kind", part.kind)] + [_member(*pair) for pair in _numbers(part, numbers)]
    if part.kind not in KINDS:
        sides = ["[" + '"' + each.name + '",' + f"{each.inputs},{each.outputs}]" for each in part.matrices(0)]
        members.append('"matrices":[' + ",".join(sides) + "]")
    return "{" + ",".join(members) + "}"


def _numbers(thing: object, numbers: "Numbers") -> "list[tuple[str, Any]]":
    found: list[tuple[str, Any]] = []
    for name, usual in numbers:
        value = getattr(thing, name)
        if isinstance(usual, str):
            usual = getattr(thing, usual) if usual else None
            if value is None:
                continue
        elif usual is None:
            found.append((name, value))
            continue
        if value != usual:
            found.append((name, value))
    return found


def _member(name: str, value: object) -> str:
    return '"' + name + '":' + json.dumps(value)


def read(text: "str | dict[str, Any]") -> "Model":
    """The model of a short text, or of the mapping that it holds.

    Raises
    ------
    ValueError
        Naming what is missing or not accepted.
    """
    mapping: Any = text
    if isinstance(text, str):
        if len(text) > MOST_TEXT:
            raise Refusal("model", None, message("a text of at most {most} characters", most=MOST_TEXT))
        try:
            mapping = json.loads(text) if depth(text) <= DEEPEST else None
        except ValueError:
            mapping = None
    if not isinstance(mapping, dict):
        raise Refusal("model", text, "a JSON object")
    keywords = _keywords(mapping, OF_MODEL, ("name", "mixers", "mlps", "assumed"))
    assumed = [message("some of what its {file} does not say", file="config.json")] if mapping.get("assumed") else []
    parts: dict[str, Any] = {name: _parts(name, mapping.get(name)) for name in ("mixers", "mlps")}
    return Model(mapping.get("name", ""), assumed=assumed, **parts, **keywords)


def depth(text: str) -> int:
    """How deep objects and lists of a JSON text are nested; brackets in its texts count, too.

    Examples
    --------
    >>> depth('{"a": [1, {}]}')
    3
    """
    now = deepest = 0
    for character in text:
        if character in "[{":
            now += 1
            deepest = max(deepest, now)
        elif character in "]}":
            now -= 1
    return deepest


def _parts(name: str, listed: object) -> "list[Any]":
    if not isinstance(listed, list) or len(listed) > MOST_PARTS:
        raise Refusal(name, listed, message("a list of at most {most} parts", most=MOST_PARTS))
    found: list[AnyPart] = []
    for part in listed:
        if not isinstance(part, dict) or not isinstance(part.get("kind"), str):
            raise Refusal(name, part, "objects with a kind")
        kind = part["kind"]
        if (kind in ("dense", "mixture")) != (name == "mlps"):
            raise Refusal(name, kind, "parts of a kind that belongs there")
        if kind in KINDS:
            made, numbers = KINDS[kind]
            found.append(made(**_keywords(part, numbers, ("kind",))))
        else:
            found.append(_state(part))
    return found


def _state(part: "dict[str, Any]") -> "Recurrent":
    keywords = _keywords(part, OF_STATE, ("kind", "matrices"))
    if not isinstance(keywords.get("flop", 0.0), (int, float)) or not 0 <= keywords.get("flop", 0.0) < 1e18:
        raise Refusal("flop", keywords["flop"], "a number from 0 to 1e18")
    listed = part.get("matrices")
    if not isinstance(listed, list) or len(listed) > MOST_PARTS:
        raise Refusal("matrices", listed, message("a list of at most {most} matrices", most=MOST_PARTS))
    matrices = []
    for each in listed:
        if not isinstance(each, list) or len(each) != 3 or not isinstance(each[0], str):
            raise Refusal("matrices", each, "a name and two sizes")
        matrices.append(Matrix(each[0], _side(each[1]), _side(each[2])))
    return Recurrent(kind=part["kind"], matrices=matrices, **keywords)


def _side(value: object) -> int:
    if type(value) is not int or not 0 < value <= 10**9:
        raise Refusal("matrices", value, "whole sizes from 1 to 1000000000")
    return value


def _keywords(mapping: "dict[str, Any]", numbers: "Numbers", others: "Sequence[str]") -> "dict[str, Any]":
    known = [name for name, _ in numbers]
    for name in mapping:
        if name not in known and name not in others:
            raise Refusal(name, mapping[name], message("only {names}", names=", ".join(known)))
    for name, usual in numbers:
        if usual is None and name not in mapping:
            raise Refusal(name, None, "the number", reason=message("{name} is missing: give the number", name=name))
    return {name: mapping[name] for name in known if name in mapping}
