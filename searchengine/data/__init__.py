"""Data sets: read, checked and prepared once into memory-mapped arrays; batches straight from those.

Everything but ``batches`` and ``augmentation`` loads without torch.
"""
