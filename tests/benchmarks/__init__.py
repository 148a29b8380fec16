"""Benchmarks: figures beside the plain dozen lines that every tutorial shows, in one run."""
