"""The report: one HTML page on what the evidence made of some stories."""
