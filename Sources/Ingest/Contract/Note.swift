import Domain

/// What a property's type does not say: its meaning and the limits that are checked after it was read.
struct Note: Sendable {
    /// Members of the property's JSON Schema.
    let members: [String: JSONTree]

    /// In words alone.
    static func about(_ text: String) -> Note { Note(members: ["description": .string(text)]) }

    /// A text as `Limits.check` takes it: at most so many characters (Unicode scalars), no U+0000, and not blank where it is required.
    static func text(_ limit: Int, required: Bool = false, _ about: String) -> Note {
        var members: [String: JSONTree] = [
            "description": .string(about), "maxLength": .int(limit), "pattern": .string(required ? inked : withoutNull)
        ]
        if required { members["minLength"] = 1 }
        return Note(members: members)
    }

    /// A list of so many at most.
    static func list(_ limit: Int, _ about: String) -> Note {
        Note(members: ["description": .string(about), "maxItems": .int(limit)])
    }

    /// Besides, for instance `["format": "email"]` or an `example`.
    func with(_ more: [String: JSONTree]) -> Note { Note(members: members.merging(more) { _, new in new }) }

    static let withoutNull = #"^[^\u0000]*$"#
    /// At least one character that is no white space. The set is Unicode's, spelt out because `\s` means another one in every dialect.
    static let inked =
        #"^[^\u0000]*[^\u0000\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\u0000]*$"#
}

/// A body's type with notes on its properties. A note on what is no property is an error that the contract's test finds.
protocol Annotated {
    static var notes: [String: Note] { get }
}

/// A type whose JSON is not what its stored properties say, because it encodes by hand.
protocol SelfDescribing {
    static func schema(_ book: SchemaBook) throws -> JSONTree
    /// Any value, for types that stand as required properties within others.
    static var sample: Self? { get }
}

extension SelfDescribing {
    static var sample: Self? { nil }
}

/// A type that only ever is written: it describes itself, and the types that contain it can be Codable all the same.
protocol WrittenOnly: SelfDescribing, Decodable {}

extension WrittenOnly {
    init(from decoder: any Decoder) throws { throw ContractError(description: "\(Self.self) is written, and never read") }
}
