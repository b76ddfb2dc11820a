"""What can be done: one verb a file. Each checks, changes, writes the audit entry, and rings."""
