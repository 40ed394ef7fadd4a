"""The timetable: which job runs when, kept by Prefect's server, the one that is named or one of the home's own."""
