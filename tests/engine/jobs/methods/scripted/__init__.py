"""A method whose evaluator does as its jobs' arguments say: what tests of training processes need."""
