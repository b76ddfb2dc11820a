"""What can be done with people, teams and tokens: one verb a file."""
