"""The act of judging: the test part is opened for a found network, by a person, and every look is counted."""
