"""The roof: settings, wiring, flows and the command line; the only place where the wings meet."""
