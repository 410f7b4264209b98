"""Documents that bots look things up in: readers for each kind of file, and the process that they run in."""
