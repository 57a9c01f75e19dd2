from llmcalc.formulas import activations

POWERS = {
    activations.logits_bytes: {
        "context": 1,
        "batch": 1,
        "vocabulary_size": 1,
        "tensor_parallel": -1,
        "bytes_per_value": 1,
    },
}
NO_POWER_LAW = [
    activations.attention_activation_bytes,
    activations.latent_activation_bytes,
    activations.mlp_activation_bytes,
    activations.expert_activation_bytes,
    activations.adapter_params,
]
