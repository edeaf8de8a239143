// Nothing to call: this library is put between a process and the C library by LD_PRELOAD.
