/// A word from a list, read from what others send: one that is not in the list is refused with the list, and without repeating what was sent.
public protocol ClosedWord: RawRepresentable<String>, CaseIterable, Decodable {}

extension ClosedWord {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(rawValue: try container.decode(String.self)) else {
            let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(in: container, debugDescription: ClosedWordText.mark + "one of " + words)
        }
        self = value
    }
}

/// Tells our own words in a decoding error from the library's.
enum ClosedWordText {
    static let mark = "ours: "
}
