import Crypto
import Domain
import Foundation
import Identity
import Stores

/// A place in a list as text for clients: opaque, and good only for the list it came from. Its check sum catches what was cut off, mistyped or
/// taken to other filters; it is no secret, because what a page shows is decided by the caller's rights alone.
struct TicketCursor: Equatable {
    static let version: UInt8 = 1
    /// The years 1970 to 9999, in seconds from 2001.
    static let times: ClosedRange<Double> = -978_307_200...252_423_993_599

    let position: TicketPosition

    func text(for filter: TicketFilter) -> String {
        var bytes = [Self.version]
        // A row that somebody wrote by hand may hold any time, "infinity" too; the end of what can be said stands for it.
        let seconds = max(Self.times.lowerBound, min(Self.times.upperBound, position.submittedAt.timeIntervalSinceReferenceDate))
        let micros = Int64((seconds * 1_000_000).rounded())
        withUnsafeBytes(of: micros.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: position.id.uuid.uuid) { bytes.append(contentsOf: $0) }
        return Base64URL.encode(bytes + Self.checkSum(bytes, filter))
    }

    init(position: TicketPosition) { self.position = position }

    /// - Throws: `Problem` for anything that `text(for:)` did not write for this filter.
    init(_ text: String, for filter: TicketFilter) throws(Problem) {
        guard text.utf8.count == 44, let bytes = Base64URL.decode(text), bytes.count == 33, bytes[0] == Self.version,
            Self.checkSum(Array(bytes[..<25]), filter) == Array(bytes[25...])
        else {
            throw .query("cursor", expected: "the 'next' of a page of this very list", found: "another text")
        }
        let (micros, id) = bytes.withUnsafeBytes { raw in
            (Int64(bigEndian: raw.loadUnaligned(fromByteOffset: 1, as: Int64.self)), raw.loadUnaligned(fromByteOffset: 9, as: uuid_t.self))
        }
        // Anyone can compute the check sum.
        let seconds = Double(micros) / 1_000_000
        guard Self.times.contains(seconds) else {
            throw .query("cursor", expected: "the 'next' of a page of this very list", found: "another text")
        }
        position = TicketPosition(submittedAt: Date(timeIntervalSinceReferenceDate: seconds), id: TicketID(UUID(uuid: id)))
    }

    /// What stands behind the place in a cursor for this filter.
    static func checkSum(_ bytes: [UInt8], _ filter: TicketFilter) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: bytes)
        let parts = [filter.state?.rawValue, filter.tier.map { String($0.rawValue) }, filter.severity?.rawValue, filter.category, filter.requester]
        for part in parts {
            // The length first, so that no two filters make the same text.
            let text = part.map { "\($0.utf8.count):\($0)" } ?? "-"
            hash.update(data: Array(text.utf8))
        }
        return Array(hash.finalize().prefix(8))
    }
}
