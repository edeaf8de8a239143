import NIOCore
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An IP address as sixteen bytes; an IPv4 address in its mapped form, so that a client is the same whichever way it came in.
struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    static let mapped: UInt64 = 0xFFFF_0000_0000

    /// Reads an IPv4 or IPv6 address in its text form, IPv6 with or without brackets; nil for anything else, ports included.
    init?(_ text: some StringProtocol) {
        // A null would end the text for the C library, and not for us.
        guard !text.utf8.contains(0) else { return nil }
        var text = String(text)
        if text.hasPrefix("[") && text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(v4)
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            self.init(v6)
        } else {
            return nil
        }
    }

    /// Nil for what is no IP address, such as a local socket's.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let v4): self.init(v4.address.sin_addr)
        case .v6(let v6): self.init(v6.address.sin6_addr)
        case .unixDomainSocket, nil: return nil
        }
    }

    private init(_ v4: in_addr) {
        high = 0
        low = Self.mapped | UInt64(UInt32(bigEndian: v4.s_addr))
    }

    private init(_ v6: in6_addr) {
        (high, low) = withUnsafeBytes(of: v6) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// What is counted as one client: an IPv4 address, and of IPv6 the network of 64 bits that one customer holds.
    var client: ClientAddress { isV4 ? self : ClientAddress(high: high, low: 0) }

    /// The leading bits.
    func masked(_ bits: Int) -> ClientAddress {
        ClientAddress(
            high: bits >= 64 ? high : bits == 0 ? 0 : high & ~(.max >> UInt64(bits)),
            low: bits <= 64 ? 0 : bits >= 128 ? low : low & ~(.max >> UInt64(bits - 64)))
    }

    var description: String {
        if isV4 { return (0..<4).map { String(low >> (24 - 8 * UInt64($0)) & 0xFF) }.joined(separator: ".") }
        return (0..<8).map { String(($0 < 4 ? high : low) >> (48 - 16 * UInt64($0 % 4)) & 0xFFFF, radix: 16) }.joined(separator: ":")
    }
}

/// A network such as `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one.
struct AddressRange: Sendable, Hashable {
    private let base: ClientAddress
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = ClientAddress(parts[0]) else { return nil }
        let width = address.isV4 ? 32 : 128
        guard let length = parts.count == 1 ? width : Int(parts[1]), (0...width).contains(length) else { return nil }
        bits = address.isV4 ? 96 + length : length
        base = address.masked(bits)
        // A network whose address has bits outside it is a mistake somebody should know of.
        guard base == address else { return nil }
    }

    func contains(_ address: ClientAddress) -> Bool { address.masked(bits) == base }
}
