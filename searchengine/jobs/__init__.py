"""The parent's side of training: a training process, its messages, and the store of artifacts. Loads no
torch."""
