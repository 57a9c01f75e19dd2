"""Things with parts: networks, schedules and timelines, machines of blocks."""
