import Logging

/// A line's metadata, flattened to one level, secrets removed, sorted by key.
struct LogFields {
    enum Value {
        case text(String)
        /// A number or truth value, written without quotes.
        case literal(String)
    }

    /// Longer values are cut here, in bytes of UTF-8: one odd value must not make a line that collectors refuse.
    static let valueLimit = 8192
    static let redacted = "[redacted]"

    private static let ours = Set(LogKey.allCases.map(\.rawValue))

    private(set) var fields: [(key: String, value: Value)] = []

    /// Merges the layers, later ones winning, and adds the running task's trace unless a layer names one.
    init(_ layers: Logger.Metadata?..., trace: TraceContext? = TraceContext.current) {
        var merged: Logger.Metadata = [:]
        for layer in layers {
            guard let layer, !layer.isEmpty else { continue }
            if merged.isEmpty { merged = layer } else { merged.merge(layer) { $1 } }
        }
        if let trace, merged[LogKey.traceID.rawValue] == nil {
            merged[LogKey.traceID.rawValue] = .string(trace.traceID)
        }
        fields.reserveCapacity(merged.count)
        for (key, value) in merged { append(key, value, depth: 0) }
        fields.sort { $0.key < $1.key }
    }

    private mutating func append(_ key: String, _ value: Logger.MetadataValue, depth: Int) {
        // The line's own keys stay what they are.
        let key = depth == 0 && ["ts", "level", "logger", "msg"].contains(key) ? "meta.\(key)" : key
        if Self.namesSecret(key) {
            fields.append((key, .text(Self.redacted)))
            return
        }
        switch value {
        case .string(let text):
            fields.append((key, .text(Self.clean(text))))
        case .stringConvertible(let value):
            fields.append((key, Self.scalar(value)))
        case .dictionary(let nested) where depth < 4:
            for (name, value) in nested { append("\(key).\(name)", value, depth: depth + 1) }
        case .array(let items) where depth < 4:
            for (index, value) in items.prefix(20).enumerated() { append("\(key).\(index)", value, depth: depth + 1) }
        case .dictionary, .array:
            fields.append((key, .text("[nested too deeply]")))
        }
    }

    private static func scalar(_ value: any CustomStringConvertible & Sendable) -> Value {
        switch value {
        case let value as Bool: .literal(value ? "true" : "false")
        case let value as any BinaryInteger: .literal(value.description)
        case let value as Double where value.isFinite: .literal(value.description)
        default: .text(clean(value.description))
        }
    }

    /// A field's name that says its value is a secret, whoever logged it.
    private static func namesSecret(_ key: String) -> Bool {
        // Our own keys are known to be harmless, and most lines have no others.
        if ours.contains(key) { return false }
        let key = key.lowercased()
        return ["password", "passwd", "secret", "authorization", "cookie", "api_key", "apikey", "private_key", "bearer"]
            .contains { key.contains($0) } || key == "token" || key.hasSuffix("_token") || key.hasSuffix(".token")
    }

    /// Cuts what is too long and hides the password of a URL (`scheme://user:password@host`).
    static func clean(_ text: String) -> String {
        var text = text
        if text.utf8.count > valueLimit {
            text = String(decoding: text.utf8.prefix(valueLimit), as: UTF8.self) + "…"
        }
        // A password in a URL stands before an at sign, and most texts have none.
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        var start = text.startIndex
        while let scheme = text[start...].firstRange(of: "://") {
            let rest = text[scheme.upperBound...]
            let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" || $0.isWhitespace } ?? rest.endIndex
            guard let at = rest[..<end].lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":") else {
                start = end
                continue
            }
            let kept = text.distance(from: text.startIndex, to: colon)
            text.replaceSubrange(text.index(after: colon)..<at, with: "***")
            start = text.index(text.startIndex, offsetBy: kept + 4)
        }
        return text
    }
}
