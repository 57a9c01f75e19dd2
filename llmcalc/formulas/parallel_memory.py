"""What a stage of a pipeline holds: its layers, and the chunks of microbatches under way."""

from ..checks import non_negative, positive


def layers_of_stage(layers, pipeline_stages, stage):
    """Layers before a stage, and its own: as even as can be, the first stages with one more.

    Examples
    --------
    >>> layers_of_stage(126, 8, 0), layers_of_stage(126, 8, 7)
    ((0, 16), (111, 15))
    """
    positive(layers=layers, pipeline_stages=pipeline_stages)
    non_negative(stage=stage)
    each, over = layers // pipeline_stages, layers % pipeline_stages
    return each * stage + min(stage, over), each + (1 if stage < over else 0)


def chunks_under_way(pipeline_stages, stage, microbatches, model_chunks=1):
    r"""Chunks of layers whose activations a stage holds at most.

    .. math:: \min \left( p - i, \, b \right), \quad \min \left( 2 \, (p - i - 1) + (m - 1) \, p + 1, \, b \, m \right)

    The first for the plain schedule, in which forward and backward passes take turns, the second if it is interleaved.

    Parameters
    ----------
    pipeline_stages : float
        Stages p [1].
    stage : float
        Number of the stage i, from 0 [1].
    microbatches : float
        Microbatches of a step b [1].
    model_chunks : float
        Chunks of layers m that a stage holds [1].

    Returns
    -------
    float
        Chunks [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), section 2.2; Korthikanti et al. 2022 (arXiv:2205.05198), section 4.2.3.

    Examples
    --------
    >>> chunks_under_way(8, 0, 64, 3) * 96 / (8 * 3)  # as `interleaved_layers` counts GPT-3
    124.0
    """
    positive(pipeline_stages=pipeline_stages, microbatches=microbatches, model_chunks=model_chunks)
    non_negative(stage=stage)
    if model_chunks == 1:
        return min(pipeline_stages - stage, microbatches)
    return min(
        2 * (pipeline_stages - stage - 1) + (model_chunks - 1) * pipeline_stages + 1, microbatches * model_chunks
    )
