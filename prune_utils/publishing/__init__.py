"""What a notebook hands over: tables, claims, pages; needs the extra `report`."""
