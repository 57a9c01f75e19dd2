"""What teachers take with them: the course, laboratories, slides."""
