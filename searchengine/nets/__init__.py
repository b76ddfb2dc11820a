"""From an architecture to a torch network, and how long it takes to answer."""
