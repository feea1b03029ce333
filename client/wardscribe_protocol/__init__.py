"""The contract between capture client and server: values and state machines, no sockets, no clock, no files."""
