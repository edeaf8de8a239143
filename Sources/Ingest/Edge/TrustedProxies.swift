import HTTPTypes

/// Who may say on whose behalf a request comes. Nobody by default: what a stranger writes into such a header is worth nothing.
struct TrustedProxies: Sendable {
    /// The header that the proxies set. Only this one is read: the other may have come through from the client.
    enum Header: String, CaseIterable, Sendable {
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
    }

    var ranges: [AddressRange] = []
    var header = Header.xForwardedFor

    func trusts(_ address: ClientAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// The nearest address that is no proxy of ours, from the connection outwards. What cannot be read ends the way: the last address that was
    /// vouched for stands.
    func client(peer: ClientAddress, _ headers: HTTPFields) -> ClientAddress {
        guard !ranges.isEmpty, trusts(peer) else { return peer }
        let hops =
            switch header {
            case .xForwardedFor:
                headers[values: .xForwardedFor].flatMap {
                    $0.split(separator: ",", omittingEmptySubsequences: false).map { Self.address($0.trimmed) }
                }
            case .forwarded: headers[values: .forwarded].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(Self.forwardedFor) }
            }
        var client = peer
        for hop in hops.reversed() {
            guard let hop else { return client }
            client = hop
            guard trusts(hop) else { return client }
        }
        return client
    }

    /// The `for` of one element of `Forwarded`.
    private static func forwardedFor(_ element: Substring) -> ClientAddress? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(\.trimmed)
            guard parts.count == 2, parts[0].lowercased() == "for" else { continue }
            let value = parts[1].count > 1 && parts[1].hasPrefix("\"") && parts[1].hasSuffix("\"") ? parts[1].dropFirst().dropLast() : parts[1]
            return address(value)
        }
        return nil
    }

    /// An address, perhaps with a port.
    private static func address(_ text: Substring) -> ClientAddress? {
        if let address = ClientAddress(text) { return address }
        guard let colon = text.lastIndex(of: ":"), !text[text.index(after: colon)...].isEmpty,
            text[text.index(after: colon)...].allSatisfy(\.isNumber)
        else { return nil }
        // Without its port; an IPv6 address must have stood in brackets.
        let host = text[..<colon]
        return host.contains(":") && !host.hasPrefix("[") ? nil : ClientAddress(host)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
