"""One file a provider: values in, values out. Nothing here opens a socket."""
