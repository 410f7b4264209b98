"""The words of the project as frozen values. Nothing here does I/O, reads a clock or draws a random number."""
