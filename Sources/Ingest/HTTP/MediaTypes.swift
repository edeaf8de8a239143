import HTTPTypes
import Hummingbird

/// What a client takes, from `Accept` (RFC 9110 section 12.5.1).
enum MediaTypes {
    private struct Range {
        let type: Substring
        let subtype: Substring
        let quality: Double

        init?(_ text: Substring) {
            let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            let names = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty else { return nil }
            type = names[0]
            subtype = names[1]
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            quality = weight.map { Double($0.dropFirst(2)).map { min(max($0, 0), 1) } ?? 0 } ?? 1
        }

        /// How closely it names the type; nil when it is another.
        func closeness(to offer: String) -> Int? {
            let names = offer.split(separator: "/")
            if type == "*", subtype == "*" { return 0 }
            guard type == names[0] else { return nil }
            return subtype == "*" ? 1 : subtype == names[1] ? 2 : nil
        }
    }

    /// The offer that the client likes best, the first of several that it likes alike; nil when it takes none of them.
    /// - Parameter values: of each `Accept`; none, or nothing that can be read, takes anything.
    static func best(of offers: [String], for values: [String]) -> String? {
        // More ranges than that are no client's wish.
        let ranges = values.joined(separator: ",").split(separator: ",").prefix(100).compactMap(Range.init)
        guard !ranges.isEmpty else { return offers.first }
        var best: (offer: String, quality: Double)?
        for offer in offers {
            let fitting = ranges.compactMap { range in range.closeness(to: offer).map { (closeness: $0, quality: range.quality) } }
            guard let closest = fitting.max(by: { $0.closeness < $1.closeness }), closest.quality > best?.quality ?? 0 else { continue }
            best = (offer, closest.quality)
        }
        return best?.offer
    }
}

extension Exchange {
    /// The media type to answer with.
    /// - Throws: `Problem` when the client takes none of these.
    func accepted(_ offers: String...) throws(Problem) -> String {
        if let best = MediaTypes.best(of: offers, for: request.headers[values: .accept]) { return best }
        throw Problem(.notAcceptable, "This is answered as \(offers.joined(separator: " or ")); let the header Accept name it, or leave it out.")
    }
}
