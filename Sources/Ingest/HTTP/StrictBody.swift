import Domain
import Synchronization

/// The body of a request that has no field but those of its type. A misspelt one is an error: an internal note that is sent with `visiblity` would
/// otherwise be shown to the requester.
struct StrictBody<Body: Decodable>: Decodable {
    let body: Body

    /// - Throws: `InvalidField` naming the field that is none, what the type's own decoding throws.
    init(from decoder: any Decoder) throws {
        body = try Body(from: decoder)
        try FieldTree.of(Body.self)?.check(try decoder.container(keyedBy: AnyKey.self), "")
    }
}

/// The fields of a body, and those of the objects in it.
struct FieldTree: Sendable {
    /// Nil: whatever the field holds has no fields to look at here.
    private let fields: [String: FieldTree?]

    private static let known = Mutex<[ObjectIdentifier: FieldTree]>([:])

    /// Read off the type once, as the contract is.
    static func of(_ type: any Decodable.Type) -> FieldTree? {
        let id = ObjectIdentifier(type)
        if let tree = known.withLock({ $0[id] }) { return tree }
        let book = SchemaBook()
        guard let schema = try? book.schema(of: type, .request), let tree = FieldTree(schema, book) else { return nil }
        known.withLock { $0[id] = tree }
        return tree
    }

    private init?(_ schema: JSONTree, _ book: SchemaBook) {
        var schema = schema
        if case .array(let choices)? = schema["anyOf"], let first = choices.first { schema = first }
        if case .string(let reference)? = schema["$ref"], let name = reference.split(separator: "/").last {
            schema = book.definitions[String(name)] ?? schema
        }
        guard case .object(let properties)? = schema["properties"] else { return nil }
        fields = properties.mapValues { FieldTree($0, book) }
    }

    fileprivate func check(_ container: KeyedDecodingContainer<AnyKey>, _ path: String) throws {
        for key in container.allKeys {
            guard let inner = fields[key.stringValue] else {
                throw InvalidField(
                    String((path + key.stringValue).unicodeScalars.prefix(Limits.short)),
                    expected: "one of " + fields.keys.sorted().joined(separator: ", "), found: "a field of another name")
            }
            // What is null or of another type was looked at when the type was read.
            guard let inner, let nested = try? container.nestedContainer(keyedBy: AnyKey.self, forKey: key) else { continue }
            try inner.check(nested, path + key.stringValue + ".")
        }
    }
}

struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
