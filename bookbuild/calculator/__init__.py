"""What pages calculate with: forms, exercises, and the code of `llmcalc` that they load."""
