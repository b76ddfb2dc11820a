"""A small image space: a chain of one to four convolution blocks."""
