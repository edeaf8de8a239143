import Foundation

/// A request's query, decoded once and read strictly: each parameter at most once, and none that nobody asked for.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    init() {}

    /// - Parameters:
    ///   - target: the request's target.
    ///   - allowed: the parameters that the route knows.
    /// - Throws: `Problem` naming the parameter that is unknown, repeated or badly encoded.
    init(target: String, allowed: [String]) throws(Problem) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return }
        for pair in target[target.utf8.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]) else {
                throw .query(String(parts[0]), expected: "a name in percent-encoded UTF-8", found: "another encoding")
            }
            guard allowed.contains(name) else {
                throw .query(
                    name, expected: allowed.isEmpty ? "no parameters" : "one of " + allowed.joined(separator: ", "), found: "an unknown name")
            }
            guard parts.count == 2, let value = Self.decoded(parts[1]), !value.isEmpty, !value.utf8.contains(0) else {
                throw .query(name, expected: "a value in percent-encoded UTF-8", found: parts.count == 2 ? "an empty or unreadable one" : "none")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .query(name, expected: "one value", found: "several")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    static func shown(_ text: String) -> String { "'\(text.prefix(50))'" }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
