"""What the pages read: each function says its query cost, none writes."""
