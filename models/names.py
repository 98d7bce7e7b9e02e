"""Names of the models that may become tables, from simple to flexible; a plan and its results know them by these."""

GLM, GLM_PAIRS, PAIRS, STACK, TRIPLES = NAMES = ("glm", "glm_pairs", "pairs", "stack", "triples")
