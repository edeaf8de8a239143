#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A pipe that ends a blocking wait on another descriptor from outside.
final class WakeUp: Sendable {
    /// Readable once the bell has rung.
    let descriptor: Int32
    private let writing: Int32

    init() throws(PostgresError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw .connection("no file descriptors left for listening (errno \(errno)); raise the limit of open files")
        }
        descriptor = ends[0]
        writing = ends[1]
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    func ring() {
        var byte: UInt8 = 1
        // Full means that it has rung already.
        _ = write(writing, &byte, 1)
    }
}
