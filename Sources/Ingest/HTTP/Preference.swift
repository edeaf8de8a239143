/// What a client asks for in `Prefer` (RFC 7240). Preferences that are unknown or senseless are passed over, as section 2 demands.
enum Preference {
    /// Longest wait that is granted, in seconds.
    static let longestWait = 30

    /// Seconds of `wait=N`, at most 30; nil when there is no usable one.
    static func wait(_ headers: [String]) -> Int? {
        for header in headers {
            for preference in header.split(separator: ",") {
                // Parameters after a semicolon belong to the preference; `wait` has none.
                let token = preference.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
                let parts = token.split(separator: "=", maxSplits: 1).map { $0.trimmed }
                guard parts.count == 2, parts[0].lowercased() == "wait" else { continue }
                let digits = parts[1].hasPrefix("\"") && parts[1].hasSuffix("\"") ? parts[1].dropFirst().dropLast() : parts[1]
                // Only the first one counts.
                guard let seconds = Int(digits), seconds > 0 else { return nil }
                return min(seconds, longestWait)
            }
        }
        return nil
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
