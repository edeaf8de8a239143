import Foundation

/// A type does not tell what its JSON looks like.
struct ContractError: Error, CustomStringConvertible {
    let description: String
}

/// The schemas of bodies, read off the very types that the gateway decodes and encodes, so that there is no second list of fields that could
/// differ from the first. A synthesised `init(from:)` asks its decoder for each property by name and type, and how it asks tells whether
/// the property may be absent; a decoder that notes the questions thus learns the type's shape. Types that encode by hand describe
/// themselves (`SelfDescribing`).
final class SchemaBook {
    enum Direction {
        /// What is optional may be absent or null.
        case request
        /// What is optional is absent when there is none.
        case response
    }

    /// By name, as `#/components/schemas/` has them.
    private(set) var definitions: [String: JSONTree] = [:]
    /// Of the body that is being read.
    private(set) var direction = Direction.response
    private var reading: [String] = []

    /// The schema of a body: a reference to its definition where it is an object.
    /// - Throws: `ContractError`.
    func schema(of type: any Any.Type, _ direction: Direction) throws -> JSONTree {
        self.direction = direction
        return try schema(of: type)
    }

    /// The schema of a part of the body that is being read.
    func schema(of type: any Any.Type) throws -> JSONTree {
        if let type = type as? any SelfDescribing.Type { return try define(type) { try type.schema(self) } }
        if let list = type as? any ListType.Type { return ["type": "array", "items": try schema(of: list.elementType)] }
        guard let type = type as? any Decodable.Type else {
            throw ContractError(description: "\(type): make it Codable, or let it describe itself (SelfDescribing)")
        }
        return try read(type).schema
    }

    /// Puts an object's schema among the definitions and refers to it; leaves every other schema as it is.
    private func define(_ type: any Any.Type, _ make: () throws -> JSONTree) throws -> JSONTree {
        let name = Self.name(of: type)
        guard !reading.contains(name) else { throw ContractError(description: "\(name) contains itself") }
        reading.append(name)
        defer { reading.removeLast() }
        var tree = try make()
        guard tree["type"] == "object" || tree["oneOf"] != nil else { return tree }
        tree = try annotated(tree, type)
        // A type that is sent and received is two schemas where something in it is optional.
        var defined = name
        if let other = definitions[name], other != tree { defined += direction == .request ? "Input" : "Output" }
        if let other = definitions[defined], other != tree { throw ContractError(description: "two types are called \(defined)") }
        definitions[defined] = tree
        return ["$ref": .string("#/components/schemas/" + defined)]
    }

    private func annotated(_ tree: JSONTree, _ type: any Any.Type) throws -> JSONTree {
        guard let notes = (type as? any Annotated.Type)?.notes else { return tree }
        var tree = tree
        for (name, note) in notes {
            guard let property = tree["properties"]?[name] else {
                throw ContractError(description: "\(type): a note on '\(name)', which is no property")
            }
            tree["properties"]?[name] = Self.noted(property, note)
        }
        return tree
    }

    private static func noted(_ property: JSONTree, _ note: Note) -> JSONTree { property.merging(note.members) }

    /// A type's schema, and a value of it.
    fileprivate func read<T: Decodable>(_ type: T.Type) throws -> (schema: JSONTree, sample: T) {
        func result(_ schema: JSONTree, _ sample: Any) throws -> (schema: JSONTree, sample: T) {
            guard let sample = sample as? T else { throw ContractError(description: "\(T.self): no sample of it") }
            return (schema, sample)
        }
        switch type {
        case let described as any SelfDescribing.Type:
            let schema = try define(type) { try described.schema(self) }
            guard let sample = described.sample else { throw ContractError(description: "\(T.self): give it a sample") }
            return try result(schema, sample)
        case let list as any ListType.Type:
            return try result(["type": "array", "items": try schema(of: list.elementType)], list.empty)
        case is Bool.Type: return try result(["type": "boolean"], false)
        case is String.Type: return try result(["type": "string"], "")
        case is Double.Type: return try result(["type": "number"], 0.0)
        case is Int.Type: return try result(["type": "integer", "format": "int64"], 0)
        case is UUID.Type: return try result(["type": "string", "format": "uuid"], UUID())
        case is Date.Type: return try result(["type": "string", "format": "date-time"], Date())
        case let words as any (CaseIterable & RawRepresentable).Type: return try closed(words, result)
        default: break
        }
        var sample: T?
        let schema = try define(type) {
            let shape = TypeShape(self)
            do {
                sample = try T(from: shape)
            } catch let error as ContractError {
                throw error
            } catch {
                throw ContractError(description: "\(T.self): let it describe itself (SelfDescribing): \(error)")
            }
            return shape.schema
        }
        guard let sample else { throw ContractError(description: "\(T.self): no sample of it") }
        return (schema, sample)
    }

    private func closed<Words: CaseIterable & RawRepresentable, T>(
        _ type: Words.Type, _ result: (JSONTree, Any) throws -> (schema: JSONTree, sample: T)
    ) throws -> (schema: JSONTree, sample: T) {
        guard let first = type.allCases.first else { throw ContractError(description: "\(type) has no cases") }
        let values = type.allCases.map(\.rawValue)
        let schema: JSONTree
        if let words = values as? [String] {
            schema = ["type": "string", "enum": JSONTree(words: words)]
        } else if let numbers = values as? [Int] {
            schema = ["type": "integer", "enum": .array(numbers.map(JSONTree.int))]
        } else {
            throw ContractError(description: "\(type): expected raw values that are text or whole numbers")
        }
        return try result(schema, first)
    }

    /// The name of a type's definition: without its module, and in one word.
    static func name(of type: any Any.Type) -> String {
        String(reflecting: type).replacing(/\b[A-Za-z]+\.(?=[A-Z])/) { match in
            // A module's name goes, an enclosing type's stays.
            ["Ingest.", "Domain.", "Policy.", "Stores.", "Access.", "Identity.", "Swift."].contains(String(match.output)) ? "" : String(match.output)
        }.filter { $0.isLetter || $0.isNumber }
    }
}

/// Lists, whatever their elements.
private protocol ListType {
    static var elementType: any Any.Type { get }
    static var empty: Self { get }
}

extension Array: ListType {
    static var elementType: any Any.Type { Element.self }
    static var empty: [Element] { [] }
}

/// The decoder that notes what it is asked for.
private final class TypeShape: Decoder {
    let book: SchemaBook
    var properties: [String: JSONTree] = [:]
    var optional: Set<String> = []
    /// The schema of a type that is one value.
    var single: JSONTree?
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ book: SchemaBook) { self.book = book }

    var schema: JSONTree {
        if let single { return single }
        var members: [String: JSONTree] = ["type": "object"]
        if !properties.isEmpty {
            members["properties"] = .object(
                Dictionary(
                    uniqueKeysWithValues: properties.map { name, tree in
                        (name, book.direction == .request && optional.contains(name) ? tree.orNull : tree)
                    }))
        }
        // What is received has no other fields; what is sent may have more one day.
        if book.direction == .request { members["additionalProperties"] = false }
        let required = properties.keys.filter { !optional.contains($0) }.sorted()
        if !required.isEmpty { members["required"] = JSONTree(words: required) }
        return .object(members)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Properties<Key>(shape: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw ContractError(description: "a list that is read by hand") }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { SingleValue(shape: self) }

    private struct Properties<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let shape: TypeShape
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []

        func contains(_ key: Key) -> Bool { true }

        /// Asked before an optional property is read.
        func decodeNil(forKey key: Key) throws -> Bool {
            shape.optional.insert(key.stringValue)
            return false
        }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            let (schema, sample) = try shape.book.read(type)
            shape.properties[key.stringValue] = schema
            return sample
        }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
            throw ContractError(description: "'\(key.stringValue)' is read by hand")
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw ContractError(description: "'\(key.stringValue)' is read by hand")
        }

        func superDecoder() throws -> any Decoder { throw ContractError(description: "a class") }
        func superDecoder(forKey key: Key) throws -> any Decoder { throw ContractError(description: "a class") }
    }

    private struct SingleValue: SingleValueDecodingContainer {
        let shape: TypeShape
        let codingPath: [any CodingKey] = []

        func decodeNil() -> Bool { false }

        func decode<T: Decodable>(_ type: T.Type) throws -> T {
            let (schema, sample) = try shape.book.read(type)
            shape.single = schema
            return sample
        }
    }
}

extension JSONTree {
    /// The same or null.
    fileprivate var orNull: JSONTree {
        guard case .string(let type)? = self["type"] else { return ["anyOf": [self, ["type": "null"]]] }
        var tree = self
        tree["type"] = [.string(type), "null"]
        if case .array(let values)? = tree["enum"] { tree["enum"] = .array(values + [.null]) }
        return tree
    }
}
