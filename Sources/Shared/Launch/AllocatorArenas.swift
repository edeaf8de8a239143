#if canImport(Glibc)
    import Glibc
#endif

/// How the C library's allocator keeps what was freed.
enum AllocatorArenas {
    /// Two arenas, and what is free at their ends goes back. By default every thread may get an arena of its own, up to eight for a core, and a
    /// batch that one thread made and another freed stays resident in each: twice the memory that is in use, and more the longer it runs.
    /// `MALLOC_ARENA_MAX` in the environment stays in force.
    static func limit() {
        #if canImport(Glibc)
            // malloc.h is not in Glibc's module map, hence by name; its numbers are glibc's ABI. Where there is no such function (another C
            // library) its defaults stay.
            typealias Option = @convention(c) (CInt, CInt) -> CInt
            guard getenv("MALLOC_ARENA_MAX") == nil, let symbol = dlsym(nil, "mallopt") else { return }
            let set = unsafeBitCast(symbol, to: Option.self)
            let arenas: CInt = -8, trimThreshold: CInt = -1, mappedThreshold: CInt = -3
            _ = set(arenas, 2)
            _ = set(trimThreshold, 1 << 20)
            _ = set(mappedThreshold, 1 << 18)
        #endif
    }
}
