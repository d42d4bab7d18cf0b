"""How units are found in a function of JAX, and how it runs at any widths."""
