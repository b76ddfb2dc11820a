"""The one verb that opens the test part of a data set: by a person's act, counted by a ledger."""
