"""What the notebooks measure, on one seed at a time: pure functions for `run_ensemble`."""
