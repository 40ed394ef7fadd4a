"""Language models behind one port: on a server, embedded, packed; what they are asked and what that costs."""
