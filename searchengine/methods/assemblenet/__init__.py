"""AssembleNet: multi-stream video networks whose connections evolve by what they learned."""
