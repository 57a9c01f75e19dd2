from llmcalc.formulas import backlog

POWERS = {
    backlog.trial_work: {"flops": 1, "seconds": 1, "runs": 1},
    backlog.cluster_seconds: {"flop": 1, "cluster_flops": -1},
}
