import Glibc

/// A port of this machine that refuses connections until `listen`, and tells then whether anybody came.
final class QuietPort {
    struct Unusable: Error {}

    let number: UInt16
    private let socket: Int32

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, size) = (socket, length)
        let isOurs = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) == 0 && getsockname(socket, $0, &length) == 0 }
        }
        number = UInt16(bigEndian: address.sin_port)
        guard isOurs else { throw Unusable() }
    }

    deinit { close(socket) }

    func listen() throws {
        guard Glibc.listen(socket, 10) == 0 else { throw Unusable() }
    }

    var wasKnockedAt: Bool {
        let client = accept(socket, nil, nil)
        if client >= 0 { close(client) }
        return client >= 0
    }
}
