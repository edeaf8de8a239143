// Nothing to call from Swift: the definitions in threads.c take the place of the C library's.
