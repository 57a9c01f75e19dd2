"""Notebooks, run through papermill, and run again with other assumptions."""
