"""What every method must keep, shipped with the engine: tiny data, a rehearsal without training, the
contract."""
