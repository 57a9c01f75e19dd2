"""Time that devices take to exchange data: rings, all-to-all, and hierarchies of links and networks.

A rate is what one device sends in one direction. Where the devices of a server share its network cards, their share
of it comes from `network_share`.
"""

from ..checks import Numeric, accept, formula


@formula
def network_share(network_cards: Numeric, card_bandwidth: Numeric, devices_per_server: Numeric) -> Numeric:
    r"""Rate at which a device sends over the network if all devices of its server do.

    .. math:: W = n_{cards} \, W_{card} / n_{server}

    Parameters
    ----------
    network_cards : float or array
        Network cards of a server [1].
    card_bandwidth : float or array
        Rate of a card, one direction [byte/s].
    devices_per_server : float or array
        Devices that share the cards [1].

    Returns
    -------
    float or array
        Rate of a device, one direction [byte/s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Narayanan et al. 2021 (arXiv:2104.04473), section 5: eight 200 Gbit/s cards for the eight GPUs of a server.

    Examples
    --------
    >>> network_share(8, 200e9 / 8, 8)
    25000000000.0
    """
    accept(network_cards=network_cards, card_bandwidth=card_bandwidth, devices_per_server=devices_per_server)
    return network_cards * card_bandwidth / devices_per_server


@formula
def all_gather_seconds(
    message_bytes: Numeric, members: Numeric, link_bandwidth: Numeric, latency_seconds: Numeric = 0.0
) -> Numeric:
    r"""Time of an all-gather round a ring; a reduce-scatter takes as long.

    .. math:: t = (n - 1) \left( \frac{B}{n W} + \alpha \right)

    Parameters
    ----------
    message_bytes : float or array
        What every member holds afterwards, or before a reduce-scatter, 0 or more [byte].
    members : float or array
        Members of the ring, 1 or more [1].
    link_bandwidth : float or array
        Rate at which a member sends, one direction [byte/s].
    latency_seconds : float or array
        Time of a hop that does not depend on the size, 0 or more [s].

    Returns
    -------
    float or array
        Time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Thakur, Rabenseifner and Gropp 2005 (doi:10.1177/1094342005051521), section 4.1; nccl-tests, doc/PERFORMANCE.md:
    bus bandwidth is (n - 1) / n of the algorithm's.

    Examples
    --------
    >>> all_gather_seconds(8e9, 8, 100e9)
    0.07
    """
    accept(message_bytes=message_bytes, latency_seconds=latency_seconds, members=members, link_bandwidth=link_bandwidth)
    return (members - 1) * (message_bytes / (members * link_bandwidth) + latency_seconds)


@formula
def all_reduce_seconds(
    message_bytes: Numeric, members: Numeric, link_bandwidth: Numeric, latency_seconds: Numeric = 0.0
) -> Numeric:
    r"""Time of an all-reduce round a ring: a reduce-scatter and an all-gather.

    .. math:: t = 2 (n - 1) \left( \frac{B}{n W} + \alpha \right)

    Parameters
    ----------
    message_bytes : float or array
        What every member holds, 0 or more [byte].
    members : float or array
        Members of the ring, 1 or more [1].
    link_bandwidth : float or array
        Rate at which a member sends, one direction [byte/s].
    latency_seconds : float or array
        Time of a hop that does not depend on the size, 0 or more [s].

    Returns
    -------
    float or array
        Time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Thakur, Rabenseifner and Gropp 2005 (doi:10.1177/1094342005051521), section 4.4; nccl-tests, doc/PERFORMANCE.md:
    bus bandwidth is 2 (n - 1) / n of the algorithm's.

    Examples
    --------
    >>> all_reduce_seconds(8e9, 8, 100e9)
    0.14
    """
    return 2 * all_gather_seconds(message_bytes, members, link_bandwidth, latency_seconds)


@formula
def all_to_all_seconds(
    message_bytes: Numeric, members: Numeric, link_bandwidth: Numeric, latency_seconds: Numeric = 0.0
) -> Numeric:
    r"""Time of an all-to-all, in which a member keeps its own part of what it holds and sends each other one its part.

    .. math:: t = \frac{n - 1}{n} \left( \frac{B}{W} + \alpha \right)

    All messages are under way together, so that one latency counts (none, if there is one member).

    Parameters
    ----------
    message_bytes : float or array
        What a member holds, its own part included, 0 or more [byte].
    members : float or array
        Members, 1 or more [1].
    link_bandwidth : float or array
        Rate at which a member sends, one direction [byte/s].
    latency_seconds : float or array
        Time that does not depend on the size, 0 or more [s].

    Returns
    -------
    float or array
        Time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    nccl-tests, doc/PERFORMANCE.md, all-to-all: bus bandwidth is (n - 1) / n of the algorithm's.

    Examples
    --------
    >>> all_to_all_seconds(8e9, 8, 100e9)
    0.07
    """
    accept(message_bytes=message_bytes, latency_seconds=latency_seconds, members=members, link_bandwidth=link_bandwidth)
    return (members - 1) / members * (message_bytes / link_bandwidth + latency_seconds)


@formula
def send_seconds(message_bytes: Numeric, link_bandwidth: Numeric, latency_seconds: Numeric = 0.0) -> Numeric:
    r"""Time to send a message from one device to another.

    .. math:: t = B / W + \alpha

    Parameters
    ----------
    message_bytes : float or array
        Message, 0 or more [byte].
    link_bandwidth : float or array
        Rate, one direction [byte/s].
    latency_seconds : float or array
        Time that does not depend on the size, 0 or more [s].

    Returns
    -------
    float or array
        Time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Hockney 1994 (doi:10.1016/S0167-8191(06)80021-9), equation 1.

    Examples
    --------
    >>> round(send_seconds(25e9, 25e9, 1e-5), 5)
    1.00001
    >>> send_seconds(25e9, 25e9)
    1.0
    """
    accept(message_bytes=message_bytes, latency_seconds=latency_seconds, link_bandwidth=link_bandwidth)
    return message_bytes / link_bandwidth + latency_seconds


@formula
def hierarchical_gather_seconds(
    message_bytes: Numeric,
    members: Numeric,
    members_inside: Numeric,
    link_bandwidth: Numeric,
    network_bandwidth: Numeric,
    latency_seconds: Numeric = 0.0,
) -> Numeric:
    r"""Time of an all-gather over servers: each device fetches its share over the network, then links spread it.

    .. math:: t = \left(\frac{n}{k} - 1\right) \left( \frac{B}{n \, W_{net}} + \alpha \right)
        + (k - 1) \left( \frac{B}{k \, W_{link}} + \alpha \right)

    With all members in one server it is the ring over links; with one member in each, the ring over the network. A
    reduce-scatter runs the same way backwards, an all-reduce is both.

    Parameters
    ----------
    message_bytes : float or array
        What every member holds afterwards, 0 or more [byte].
    members : float or array
        Members in all, 1 or more [1].
    members_inside : float or array
        Of them in one server, k, 1 or more [1].
    link_bandwidth : float or array
        Rate of a device in its server, one direction [byte/s].
    network_bandwidth : float or array
        Rate of a device over the network, one direction [byte/s].
    latency_seconds : float or array
        Time of a hop that does not depend on the size, 0 or more [s].

    Returns
    -------
    float or array
        Time [s].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Thakur, Rabenseifner and Gropp 2005 (doi:10.1177/1094342005051521), section 4.1, a ring in each of two levels;
    Wang et al. 2023 (ZeRO++, arXiv:2306.10209), section 3.

    Examples
    --------
    >>> round(hierarchical_gather_seconds(8e9, 16, 8, 100e9, 10e9), 9)
    0.12
    """
    accept(
        message_bytes=message_bytes,
        latency_seconds=latency_seconds,
        members=members,
        members_inside=members_inside,
        link_bandwidth=link_bandwidth,
        network_bandwidth=network_bandwidth,
    )
    outside = members / members_inside
    over_network = (outside - 1) * (message_bytes / (members * network_bandwidth) + latency_seconds)
    return over_network + (members_inside - 1) * (message_bytes / (members_inside * link_bandwidth) + latency_seconds)


@formula
def remote_copies(copies: Numeric, groups: Numeric) -> Numeric:
    r"""To how many other groups a token goes, if its copies fall on all groups alike and no group gets two.

    .. math:: c = (g - 1) \left( 1 - (1 - 1/g)^{k} \right)

    A token that goes to several experts of one server crosses the network once, where the stack sends it so.

    Parameters
    ----------
    copies : float or array
        Experts that a token goes to, k [1].
    groups : float or array
        Groups, such as servers, over which the experts are spread, 1 or more [1].

    Returns
    -------
    float or array
        Copies that leave the group, on average [1].

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    DeepSeek-AI 2024 (arXiv:2412.19437), section 3.2.2: a token crosses InfiniBand once for a node, then NVLink; the
    mean is that of balls thrown into bins.

    Examples
    --------
    >>> remote_copies(8, 1), remote_copies(1, 2)
    (0.0, 0.5)
    """
    accept(copies=copies, groups=groups)
    return (groups - 1.0) * (1 - (1 - 1.0 / groups) ** copies)
