"""The policy with one signal removed: weights set to nothing, conversations and incidents alike."""

from msgspec.structs import replace

from scoring.policy import Policy

SIGNALS = {
    "anger": ("anger",),
    "objective fact": ("objective_fact", "fact_denied", "proof"),
    "corporate denial": ("corporate_denial", "fact_denied"),
    "influencer sharing": ("influencer_sharing", "influencer"),
    "harm": ("harm",),
    "promotion": ("promotion",),
    "deletion": ("deletion",),
    "evasions": ("hand_off", "out_of_sight", "contradiction", "evasion"),
    "silence": ("silence",),
    "persistence": ("persistence",),
    "complainants": ("complainants",),
    "audience": ("audience",),
    "spread": ("forecast", "explosive"),
    "media": ("media_coverage",),
    "answers": ("answer", "satisfied", "presence", "apology", "solution", "gesture", "amends"),
    "defenders": ("defenders", "applause"),
    "coherence": ("coherence",),
    "names": ("elsewhere",),
    "hollow accounts": ("hollow",),
    "surprise": ("surprise", "one_sided"),
}
"""The weights that each signal stands for; those that a policy does not have are passed over."""


def without(policy: Policy, signal: str) -> Policy:
    """The policy deaf to a signal of `SIGNALS`."""
    names = SIGNALS[signal]
    incident = policy.incident
    return replace(
        policy,
        name=f"{policy.name} without {signal}",
        weights=replace(
            policy.weights, **{name: 0.0 for name in names if hasattr(policy.weights, name)}
        ),
        incident=replace(
            incident,
            weights=replace(
                incident.weights, **{name: 0.0 for name in names if hasattr(incident.weights, name)}
            ),
        ),
    )
