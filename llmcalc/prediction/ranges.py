"""Ranges of predictions: what 80 % of the published errors of their kind came to."""

def kind(mixture, device, number_format, stack):
    """Kind of a prediction: a mixture of experts, a stack whose constants are known, or another."""
    if mixture:
        return "mixture"
    return "known stack" if stack else "new stack"

def interval(of_kind):
    return {"mixture": (0.6,1.5), "known stack": (0.9,1.1), "new stack": (0.8,1.3)}[of_kind]

def badge(of_kind):
    return "fitted" if of_kind == "known stack" else "bound"
