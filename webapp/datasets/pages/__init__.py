"""What the pages of data sets read."""
