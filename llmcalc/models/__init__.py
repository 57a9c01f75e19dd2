"""Things with parts, checked when they are made and handed on whole."""
