public import Foundation

/// The JSON body of an event. Readers ignore fields they do not know; a breaking change is a new type.
public protocol EventPayload: Codable, Sendable {
    /// CloudEvents `type` values that decode to it.
    static var types: Set<String> { get }
    /// Decodes the body of an event of `type`, then checks it against the limits.
    static func decode(type: String, from json: Data) throws -> Self
    /// The ticket it is about, when the body names one.
    var ticketID: TicketID? { get }
}

/// A payload with one type.
public protocol SingleTypePayload: EventPayload {
    static var type: String { get }
    /// Throws `InvalidField` for a value that JSON can spell but the field may not hold.
    func validate() throws
    /// JSON with sorted keys.
    func encoded() -> [UInt8]
}

extension SingleTypePayload {
    public static var types: Set<String> { [type] }

    public static func decode(type: String, from json: Data) throws -> Self {
        let payload: Self
        do {
            payload = try JSONDecoder().decode(Self.self, from: json)
        } catch let error as DecodingError {
            throw InvalidField(error)
        }
        try payload.validate()
        return payload
    }

    public func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our payloads hold strings, whole numbers, finite fractions and lists of them: there is nothing that can fail to encode.
        guard let data = try? encoder.encode(self) else { preconditionFailure("\(Self.type) does not encode") }
        return Array(data)
    }
}

/// A value that was sent to us and cannot be taken: which field, what was expected, what came.
public struct InvalidField: Error, Sendable, Hashable, CustomStringConvertible {
    /// Dotted path, empty for the whole body.
    public let field: String
    public let expected: String
    public let found: String

    public init(_ field: String, expected: String, found: String) {
        self.field = field
        self.expected = expected
        self.found = found
    }

    public var description: String {
        field.isEmpty ? "body: expected \(expected), found \(found)" : "field '\(field)': expected \(expected), found \(found)"
    }

    public init(_ error: DecodingError) {
        func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            (context.codingPath + (last.map { [$0] } ?? []))
                .map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path(context, key), expected: "a value", found: "nothing")
        case .valueNotFound(let type, let context):
            self.init(path(context), expected: Self.name(of: type), found: "null")
        case .typeMismatch(let type, let context):
            self.init(path(context), expected: Self.name(of: type), found: "another type")
        case .dataCorrupted(let context):
            if context.codingPath.isEmpty {
                self.init("", expected: "a JSON object in UTF-8", found: "text that is not JSON")
            } else {
                // Only our own words: the library's quote what was sent.
                let said = context.debugDescription
                let expected = said.hasPrefix(ClosedWordText.mark) ? String(said.dropFirst(ClosedWordText.mark.count)) : "a value that fits"
                self.init(path(context), expected: expected, found: "another value")
            }
        @unknown default:
            self.init("", expected: "a JSON object", found: "something else")
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}

/// Limits of what is taken in, the same at the gateway and on the topic.
public enum Limits {
    /// Characters (Unicode scalars) of a subject.
    public static let subject = 500
    /// Characters of a ticket's or reply's text.
    public static let body = 100_000
    /// Characters of an identifier or short field.
    public static let short = 200
    /// Characters of a reason for something done by hand.
    public static let reason = 2000
    /// Bytes of a whole event payload.
    public static let payloadBytes = 1_000_000

    /// Checks a text: not blank if `required`, at most `limit` characters, no U+0000 (PostgreSQL cannot hold it).
    public static func check(_ text: String?, _ field: String, limit: Int, required: Bool = false) throws {
        guard let text else {
            if required { throw InvalidField(field, expected: "a text of 1 to \(limit) characters", found: "nothing") }
            return
        }
        // Counting UTF-8 bytes first spares the walk over the scalars of ordinary texts.
        let count = text.utf8.count <= limit ? text.utf8.count : text.unicodeScalars.count
        if count > limit { throw InvalidField(field, expected: "at most \(limit) characters", found: "\(count)") }
        if required && text.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            throw InvalidField(field, expected: "a text of 1 to \(limit) characters", found: "a blank text")
        }
        if text.utf8.contains(0) { throw InvalidField(field, expected: "a text without U+0000", found: "U+0000 in it") }
    }
}
