"""Where does a training step's time go?"""

from ..answering import question
from ..formats import number, number_of
from ..formulas import parallelism
from ..messages import plural
from ..results import GOOD, Results
from ..units import DAY, GIGA


@question(pipeline_stages=(1, 16))
def training_step(
    data_seconds: float = 0.3,
    forward_backward_seconds: float = 20.0,
    optimiser_seconds: float = 0.9,
    postprocessing_seconds: float = 0.2,
    communication_seconds: float = 6.0,
    scheduling_seconds: float = 0.5,
    samples_per_batch: float = 192.0,
    tokens_per_sample: float = 4096.0,
    servers: int = 3,
    devices_per_server: int = 8,
    device_throughput: float = 1500.0,
    server_throughput: float = 10800.0,
    pipeline_stages: int = 4,
    microbatches: int = 4,
    sdma_gigabytes: float = 24.0,
    sdma_seconds: float = 1.4,
    sdma_largest: float = 56.0,
    rdma_gigabytes: float = 96.0,
    rdma_seconds: float = 4.6,
    rdma_largest: float = 25.0,
) -> Results:
    """Time of a training step, by its parts, and what is lost in communication.

    As many stages as a picture can show.

    Parameters
    ----------
    data_seconds : float
        Loading of the batch [s].
    forward_backward_seconds : float
        Forward and backward pass [s].
    optimiser_seconds : float
        Update of the parameters [s].
    postprocessing_seconds : float
        What follows the update [s].
    communication_seconds : float
        Communication that no computation hides [s].
    scheduling_seconds : float
        Waiting for the next kernel [s].
    samples_per_batch : float
        Batch of all devices [sample].
    tokens_per_sample : float
        Length of a sample [token/sample].
    servers : int
        Servers [1].
    devices_per_server : int
        Devices in a server [device].
    device_throughput : float
        Throughput of one device alone [token/s].
    server_throughput : float
        Throughput of one server alone [token/s].
    pipeline_stages : int
        Stages of the pipeline that is drawn [stage].
    microbatches : int
        Microbatches of a batch [1].
    sdma_gigabytes : float
        Data moved within the server [GB].
    sdma_seconds : float
        Time of moving it within the server [s].
    sdma_largest : float
        Largest bandwidth within the server [GB/s].
    rdma_gigabytes : float
        Data moved between servers [GB].
    rdma_seconds : float
        Time of moving it between servers [s].
    rdma_largest : float
        Largest bandwidth between servers [GB/s].

    Returns
    -------
    Results
        By the names below, with their units.

    References
    ----------
    Document 003, lines 148 to 195.

    Examples
    --------
    >>> training_step()["step_seconds"]
    27.9
    """
    step = parallelism.step_seconds(
        forward_backward_seconds,
        data_seconds,
        optimiser_seconds,
        postprocessing_seconds,
        communication_seconds,
        scheduling_seconds,
    )
    samples_per_second = parallelism.sample_throughput(samples_per_batch, step)
    tokens_per_second = parallelism.token_throughput(samples_per_batch, tokens_per_sample, step)
    device_count = servers * devices_per_server
    within_server = parallelism.linearity(server_throughput, device_throughput, devices_per_server)
    between_servers = parallelism.linearity(tokens_per_second, server_throughput, servers)
    overall = parallelism.linearity(tokens_per_second, device_throughput, device_count)
    speed_up = parallelism.speed_up(tokens_per_second, device_throughput)
    hidden = parallelism.speed_up_without(step, communication_seconds)
    pipeline = parallelism.pipeline_utilisation(microbatches, pipeline_stages)
    sdma_bandwidth = parallelism.mean_bandwidth(sdma_gigabytes * GIGA, sdma_seconds)
    rdma_bandwidth = parallelism.mean_bandwidth(rdma_gigabytes * GIGA, rdma_seconds)

    return Results(
        step_seconds=(step, "s", "Time of a step"),
        samples_per_second=(samples_per_second, "sample/s", "Throughput in samples"),
        tokens_per_second=(tokens_per_second, "token/s", "Throughput in tokens"),
        tokens_per_day=(tokens_per_second * DAY, "token/day", "Tokens a day"),
        communication_share=(100 * communication_seconds / step, "%", "Share of the step in unhidden communication"),
        hidden_speed_up=(hidden, "1", "Speed-up if all communication were hidden"),
        linearity=(overall, "1", "Linearity of all devices"),
        linearity_within=(within_server, "1", "Linearity within a server"),
        linearity_between=(between_servers, "1", "Linearity between servers"),
        speed_up=(speed_up, "1", "Speed-up over one device"),
        pipeline_utilisation=(100 * pipeline, "%", "Utilisation of the pipeline drawn"),
        sdma_bandwidth_share=(100 * sdma_bandwidth / (sdma_largest * GIGA), "%", "Bandwidth reached within a server"),
        rdma_bandwidth_share=(100 * rdma_bandwidth / (rdma_largest * GIGA), "%", "Bandwidth reached between servers"),
    ).tell(_told, device_count)


def _told(results: Results, device_count: int) -> "tuple[str, str]":
    return GOOD, plural(
        "A step takes {step} s, of which {share} % is communication that no computation hides; {devices} trains "
        "{times} times as fast as one alone, which is a linearity of {linearity}.",
        "A step takes {step} s, of which {share} % is communication that no computation hides; {devices} train "
        "{times} times as fast as one alone, which is a linearity of {linearity}.",
        device_count,
        step=number(results["step_seconds"], 3),
        share=number(results["communication_share"], 3),
        devices=number_of(device_count, "device"),
        times=number(results["speed_up"], 3),
        linearity=number(results["linearity"], 3),
    )
