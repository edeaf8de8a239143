import Synchronization
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where finished log lines go. A line comes with its newline and is written whole.
public struct LogSink: Sendable {
    let write: @Sendable ([UInt8]) -> Void

    public init(_ write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    /// Standard error.
    public static let standardError = LogSink { StandardError.write($0) }
}

private enum StandardError {
    /// Keeps lines longer than a pipe's atomic size from mixing.
    private static let turn = Mutex(())

    static func write(_ line: [UInt8]) {
        turn.withLock { _ in
            line.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    let count = posixWrite(bytes.baseAddress?.advanced(by: written), bytes.count - written)
                    if count >= 0 {
                        written += count
                    } else if errno == EAGAIN {
                        // The reader of our pipe is slow. A second is patience enough: a log line must not stop the work.
                        var descriptor = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
                        guard poll(&descriptor, 1, 1000) > 0 else { return }
                    } else if errno != EINTR {
                        return
                    }
                }
            }
        }
    }

    private static func posixWrite(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(2, bytes, count)
        #elseif canImport(Musl)
            Musl.write(2, bytes, count)
        #else
            Darwin.write(2, bytes, count)
        #endif
    }
}
