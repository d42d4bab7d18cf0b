"""The report's pictures; needs the extra `report`."""
