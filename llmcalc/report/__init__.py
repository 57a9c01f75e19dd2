"""What a notebook needs to tell an answer: the ledger, tables and figures. It needs pandas and Matplotlib."""
