"""A text service: from visits to tokens to a rate of computing, and how fast answers can be written."""

from ..checks import Numeric, accept, fewer, formula
from .devices import round_down, sustained_flops


@formula
def token_rate(
    visit_rate: Numeric, questions_per_visit: Numeric, characters_per_question: Numeric, tokens_per_character: Numeric
) -> Numeric:
    r"""Mean rate at which a service must process tokens.

    .. math:: R = v \, q \, c \, r

    Parameters
    ----------
    visit_rate : float or array
        Visits a second, mean of the day [1/s].
    questions_per_visit : float or array
        Questions in a visit [1].
    characters_per_question : float or array
        Characters of a question and its answer together [character].
    tokens_per_character : float or array
        Tokens that a character becomes [token/character].

    Returns
    -------
    float or array
        Mean token rate [token/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, line 102: 3.5e9 visits, 4 questions, 425 characters, 4/3 token a character.

    Examples
    --------
    >>> per_day = token_rate(3.5e9 / 86400, 4, 425, 4 / 3) * 86400
    >>> round(per_day / 1e8)  # printed as 79330
    79333
    """
    accept(
        visit_rate=visit_rate,
        questions_per_visit=questions_per_visit,
        characters_per_question=characters_per_question,
        tokens_per_character=tokens_per_character,
    )
    return visit_rate * questions_per_visit * characters_per_question * tokens_per_character


@formula
def inference_flops(params: Numeric, token_rate: Numeric, flop_per_param_token: Numeric = 2.0) -> Numeric:
    r"""Rate of computing that a token rate costs.

    .. math:: F = k \, N \, R

    One multiplication and one addition per parameter and token make k = 2. Attention
    over the context is left out, and so is the memory bandwidth that limits small batches.

    Parameters
    ----------
    params : float or array
        Parameters of the model N, of a mixture of experts the active ones [parameter].
    token_rate : float or array
        Tokens processed a second, prompt and answer alike [token/s].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Sustained rate needed [FLOP/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Kaplan et al. 2020 (arXiv:2001.08361), section 2.1. Document 004, line 106 takes the 3000e8 training
    tokens for the parameters and prints 4760e21 FLOP a day.

    Examples
    --------
    >>> round(inference_flops(175e9, 79333e8 / 86400) * 86400 / 1e21)
    2777
    """
    accept(params=params, token_rate=token_rate, flop_per_param_token=flop_per_param_token)
    return params * token_rate * flop_per_param_token


@formula
def peak_rate(token_rate: Numeric, busiest_hour_share: Numeric, hours_per_day: Numeric = 24) -> Numeric:
    r"""Token rate in the busiest hour, for which a service must be built.

    .. math:: R_{peak} = R \, s \, h

    Parameters
    ----------
    token_rate : float or array
        Mean token rate of the day [token/s].
    busiest_hour_share : float or array
        Share of the day's tokens that falls into its busiest hour, 0 < busiest_hour_share <= 1; 1/24 is flat [1].
    hours_per_day : float or array
        Hours in a day [1].

    Returns
    -------
    float or array
        Token rate of the busiest hour [token/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, line 106 divides the day's tokens by 86,400 seconds: the case of 1/24.

    Examples
    --------
    >>> peak_rate(1000.0, 0.125)
    3000.0
    """
    accept(token_rate=token_rate, hours_per_day=hours_per_day, busiest_hour_share=busiest_hour_share)
    return token_rate * busiest_hour_share * hours_per_day


@formula
def request_rate(token_rate: Numeric, tokens_per_request: Numeric) -> Numeric:
    r"""Rate of requests that a token rate is made of.

    .. math:: q = R / T

    Parameters
    ----------
    token_rate : float or array
        Token rate, prompts and answers together R [token/s].
    tokens_per_request : float or array
        Tokens of a prompt and its answer together T [token].

    Returns
    -------
    float or array
        Requests a second [1/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, line 102: a question and its answer are 425 characters of 4/3 token, and 14e9 are asked a day.

    Examples
    --------
    >>> round(request_rate(79333e8 / 86400, 425 * 4 / 3) * 86400 / 1e6)
    14000
    """
    accept(token_rate=token_rate, tokens_per_request=tokens_per_request)
    return token_rate / tokens_per_request


@formula
def served_token_rate(
    devices: Numeric, params: Numeric, peak_flops: Numeric, mfu: Numeric, flop_per_param_token: Numeric = 2.0
) -> Numeric:
    r"""Token rate that a number of devices can serve: the inverse of sizing.

    .. math:: R = n \, F_{peak} \, u / (k \, N)

    Parameters
    ----------
    devices : float or array
        Devices n [1].
    params : float or array
        Parameters of the model N [parameter].
    peak_flops : float or array
        Dense peak of a device [FLOP/s].
    mfu : float or array
        Model FLOPs utilisation u, 0 < mfu <= 1 [1].
    flop_per_param_token : float or array
        FLOP per parameter and token, k [FLOP/parameter/token].

    Returns
    -------
    float or array
        Token rate [token/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Document 004, lines 102-106, solved for the tokens: with the parameters in their place, the 706,315
    GPUs would serve 3000/1750 of the deck's 79,333e8 tokens a day.

    Examples
    --------
    >>> round(served_token_rate(706315, 175e9, 156e12, 0.5) * 86400 / 1e8)
    136000
    """
    accept(devices=devices, params=params, flop_per_param_token=flop_per_param_token)
    return devices * sustained_flops(peak_flops, mfu) / (params * flop_per_param_token)


@formula
def decode_token_rate(
    params: Numeric, bytes_per_param: Numeric, memory_bandwidth: Numeric, batch_tokens: Numeric = 1.0
) -> Numeric:
    r"""Most tokens a second that a device can write when reading its memory is the limit.

    .. math:: R = B \, W / (b \, N)

    Writing a token takes one reading of all the weights, which serves every answer that is written at the
    same time. Of a model spread over n devices each reads an n-th part, so that each adds the same rate.
    The cache of the context, which must be read as well, is left out.

    Parameters
    ----------
    params : float or array
        Parameters of the model N [parameter].
    bytes_per_param : float or array
        Stored size of a parameter b [byte/parameter].
    memory_bandwidth : float or array
        Memory bandwidth of a device W [byte/s].
    batch_tokens : float or array
        Tokens computed for one reading of the weights B: answers written at the same time [token].

    Returns
    -------
    float or array
        Token rate, an upper bound [token/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Pope et al. 2022 (arXiv:2211.05102), section 2, on the time to load the weights. The bandwidth of 1,935 GB/s
    is that of NVIDIA's A100 datasheet.

    Examples
    --------
    >>> round(decode_token_rate(175e9, 2, 1935e9), 2)
    5.53
    """
    accept(params=params, bytes_per_param=bytes_per_param, memory_bandwidth=memory_bandwidth, batch_tokens=batch_tokens)
    return batch_tokens * memory_bandwidth / (bytes_per_param * params)


@formula
def reading_seconds(
    weight_bytes: Numeric, cache_bytes: Numeric, devices: Numeric, memory_bandwidth: Numeric, mbu: Numeric
) -> Numeric:
    r"""Time in which devices read the weights and the caches of all answers once: the least that a step takes.

    .. math:: t = (M + K) / (n \, W \, u)

    Writing one token of every answer is a step. The devices share the weights and the caches evenly.

    Parameters
    ----------
    weight_bytes : float or array
        Memory of the weights M [byte].
    cache_bytes : float or array
        Memory of the keys and values of all answers in progress K, 0 or more [byte].
    devices : float or array
        Devices that hold the model together n [1].
    memory_bandwidth : float or array
        Memory bandwidth of a device W [byte/s].
    mbu : float or array
        Model bandwidth utilisation u, the share of the bandwidth that reading gets, 0 < mbu <= 1 [1].

    Returns
    -------
    float or array
        Time of a step [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Pope et al. 2022 (arXiv:2211.05102), section 2. The bandwidth of 1,935 GB/s is that of NVIDIA's A100 datasheet.

    Examples
    --------
    >>> round(1 / reading_seconds(2 * 175e9, 0, 1, 1935e9, 1), 2)  # as `decode_token_rate` has it
    5.53
    """
    accept(
        weight_bytes=weight_bytes, devices=devices, memory_bandwidth=memory_bandwidth, cache_bytes=cache_bytes, mbu=mbu
    )
    return (weight_bytes + cache_bytes) / (devices * memory_bandwidth * mbu)


@formula
def time_per_output_token(
    step_seconds: Numeric, batch: Numeric, prompt_seconds: Numeric, steps_per_answer: Numeric
) -> Numeric:
    r"""Mean time between two tokens of an answer, where prompts are read between the steps.

    .. math:: T = t + b \, t_p / a

    Of b answers in progress, each a steps long, b / a end in every step, and as many new prompts must be read before
    the next one, all on the same devices.

    Parameters
    ----------
    step_seconds : float or array
        Time of a step, which writes a token of every answer t [s].
    batch : float or array
        Answers in progress b, 0 or more [1].
    prompt_seconds : float or array
        Time to read a prompt t_p, 0 or more [s].
    steps_per_answer : float or array
        Steps, and so tokens, of an answer a [1].

    Returns
    -------
    float or array
        Mean time between two tokens [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Agrawal et al. 2023 (arXiv:2308.16369) on prompts and answers that share devices; the equation is the steady state
    in which as many answers begin as end.

    Examples
    --------
    >>> round(time_per_output_token(0.02, batch=32, prompt_seconds=0.1, steps_per_answer=200), 3)
    0.036
    """
    accept(step_seconds=step_seconds, steps_per_answer=steps_per_answer, batch=batch, prompt_seconds=prompt_seconds)
    return step_seconds + batch * prompt_seconds / steps_per_answer


@formula
def batch_in_time(seconds: Numeric, fixed_seconds: Numeric, sequence_seconds: Numeric) -> Numeric:
    r"""Most answers that can be in progress if the time between two of their tokens has a limit.

    .. math:: b = \lfloor (T - f) / q \rfloor

    The inverse of `time_per_output_token`, where a step takes a time of its own and some more for each answer.

    Parameters
    ----------
    seconds : float or array
        Longest mean time between two tokens T [s].
    fixed_seconds : float or array
        Part of it that does not depend on the answers f, 0 or more and fewer than seconds [s].
    sequence_seconds : float or array
        Part of it that each answer adds, with its share of reading prompts q [s].

    Returns
    -------
    float or array
        Answers, 0 if not even one is in time [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Pope et al. 2022 (arXiv:2211.05102), section 2: time to load the weights, and time that grows with the batch.

    Examples
    --------
    >>> batch_in_time(0.05, 0.02, 0.0005)
    60.0
    """
    accept(seconds=seconds, sequence_seconds=sequence_seconds)
    fewer(than=("seconds", seconds), fixed_seconds=fixed_seconds)
    return round_down((seconds - fixed_seconds) / sequence_seconds)
