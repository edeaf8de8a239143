public import Foundation

/// An instant in an event's JSON: RFC 3339 text, UTC, to the microsecond.
public struct Timestamp: Codable, Sendable, Hashable {
    public var date: Date

    public init(_ date: Date) { self.date = date }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let date = RFC3339.date(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: ClosedWordText.mark + "an RFC 3339 date-time")
        }
        self.date = date
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(RFC3339.string(date))
    }
}
