import Foundation

/// Ports on loopback that nobody listens on.
package enum FreePort {
    /// PostgreSQL's own port is left to the machine's own server.
    package static let reserved: Set<UInt16> = [5432]
    /// Below the range from which the kernel takes the local ports of outgoing connections (32768 and up on Linux): one of those could sit on
    /// a service's port while the service is being restarted, and keep it from coming back.
    private static let range: ClosedRange<UInt16> = 20_000...32_000

    /// Any free one.
    package static func any() throws -> UInt16 {
        for _ in 0..<100 {
            if let port = bound(to: .random(in: range)) { return port }
        }
        throw LocalError("no_port", "found no free port on 127.0.0.1", next: "End some programs that listen, and try again.")
    }

    /// The preferred one if it is free, else any.
    package static func preferring(_ port: UInt16) throws -> UInt16 {
        if port != 0, !reserved.contains(port), bound(to: port) != nil { return port }
        return try any()
    }

    private static func bound(to port: UInt16) -> UInt16? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // A port in TIME_WAIT is free for a listener.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        return isBound ? UInt16(bigEndian: address.sin_port) : nil
    }
}
