"""EvaNet: evolving space-time layer configurations of video networks (Piergiovanni et al., ICCV 2019)."""
