import Crypto
import Domain
import Foundation
import Identity
import Stores
import Synchronization

/// A place in a list as text for clients: opaque, signed, and good only for the list it came from, at every gateway.
struct TicketCursor: Equatable {
    static let version: UInt8 = 2
    /// The years 1970 to 9999, in seconds from 2001.
    static let times: ClosedRange<Double> = -978_307_200...252_423_993_599
    /// Bytes of version, time and id; then the signature's.
    private static let placeSize = 25, signatureSize = 16

    let position: TicketPosition

    func text(for filter: TicketFilter, key: [UInt8]) -> String {
        var bytes = [Self.version]
        // A row that somebody wrote by hand may hold any time, "infinity" too; the end of what can be said stands for it.
        let seconds = max(Self.times.lowerBound, min(Self.times.upperBound, position.submittedAt.timeIntervalSinceReferenceDate))
        let micros = Int64((seconds * 1_000_000).rounded())
        withUnsafeBytes(of: micros.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: position.id.uuid.uuid) { bytes.append(contentsOf: $0) }
        return Base64URL.encode(bytes + Self.signature(of: bytes, filter, key: key))
    }

    init(position: TicketPosition) { self.position = position }

    /// - Throws: `Problem` for anything that `text(for:key:)` did not write for this filter.
    init(_ text: String, for filter: TicketFilter, key: [UInt8]) throws(Problem) {
        guard text.utf8.count == 55, let bytes = Base64URL.decode(text), bytes.count == Self.placeSize + Self.signatureSize,
            bytes[0] == Self.version,
            Self.isEqual(Self.signature(of: Array(bytes[..<Self.placeSize]), filter, key: key), Array(bytes[Self.placeSize...]))
        else {
            throw .query("cursor", expected: "the 'next' of a page of this very list", found: "another text")
        }
        let (micros, id) = bytes.withUnsafeBytes { raw in
            (Int64(bigEndian: raw.loadUnaligned(fromByteOffset: 1, as: Int64.self)), raw.loadUnaligned(fromByteOffset: 9, as: uuid_t.self))
        }
        position = TicketPosition(
            submittedAt: Date(timeIntervalSinceReferenceDate: Double(micros) / 1_000_000), id: TicketID(UUID(uuid: id)))
    }

    /// The first half of HMAC-SHA256 over the place and the list.
    static func signature(of bytes: [UInt8], _ filter: TicketFilter, key: [UInt8]) -> [UInt8] {
        var code = HMAC<SHA256>(key: SymmetricKey(data: key))
        code.update(data: bytes)
        for part in filter.parts {
            // The length first, so that no two filters make the same text.
            let text = part.map { "\($0.utf8.count):\($0)" } ?? "-"
            code.update(data: Array(text.utf8))
        }
        return Array(code.finalize().prefix(signatureSize))
    }

    /// In the same time, wherever they differ.
    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension TicketFilter {
    /// Everything that makes one list another.
    fileprivate var parts: [String?] {
        [
            state?.rawValue, tier.map { String($0.rawValue) }, severity?.rawValue, category, requester, isOpen.map(String.init),
            needsHuman.map(String.init), language, assignee, String(isUnassigned), tag, watcher, submittedFrom.map(RFC3339.string),
            submittedUntil.map(RFC3339.string), words, order.rawValue
        ]
    }
}

/// What cursors are signed with: the same at all gateways, read when the first list is asked for.
final class CursorKey: Sendable {
    private let secrets: GatewaySecrets
    private let known = Mutex<[UInt8]?>(nil)

    init(_ secrets: GatewaySecrets) {
        self.secrets = secrets
    }

    /// - Throws: what the database does.
    func bytes() async throws -> [UInt8] {
        if let key = known.withLock({ $0 }) { return key }
        let new = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let key = try await secrets.secret("cursor", orElse: new)
        known.withLock { $0 = key }
        return key
    }
}
