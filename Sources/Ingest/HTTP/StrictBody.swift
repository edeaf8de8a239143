import Domain
import Foundation
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
    /// The same by their bytes: a handful, which are compared faster than looked up.
    private let names: [(name: [UInt8], inner: FieldTree?)]

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
        names = fields.map { (Array($0.key.utf8), $0.value) }
    }

    fileprivate func check(_ container: KeyedDecodingContainer<AnyKey>, _ path: String) throws {
        for key in container.allKeys {
            guard let inner = fields[key.stringValue] else { throw unknown(path + key.stringValue) }
            // What is null or of another type was looked at when the type was read.
            guard let inner, let nested = try? container.nestedContainer(keyedBy: AnyKey.self, forKey: key) else { continue }
            try inner.check(nested, path + key.stringValue + ".")
        }
    }
}

extension FieldTree {
    fileprivate func unknown(_ path: String) -> InvalidField {
        InvalidField(
            String(path.unicodeScalars.prefix(Limits.short)), expected: "one of " + fields.keys.sorted().joined(separator: ", "),
            found: "a field of another name")
    }

    /// Looks at the names in a text that a decoder has read as JSON before, which a decoder could tell at several times the cost.
    /// - Returns: false when it cannot tell: names with escapes, encodings other than UTF-8.
    /// - Throws: `InvalidField` naming the field that is none.
    func check(_ json: Data) throws -> Bool {
        try json.withUnsafeBytes { bytes in
            var scan = NameScan(bytes: bytes)
            return try scan.object(self, "")
        }
    }

    /// A field by its name, and whether there is one of this name at all.
    fileprivate func field(_ name: Slice<UnsafeRawBufferPointer>) -> (inner: FieldTree?, isKnown: Bool) {
        for (known, inner) in names where known.elementsEqual(name) { return (inner, true) }
        return (nil, false)
    }
}

/// Passes over JSON and stops at nothing but the names of fields.
private struct NameScan {
    let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func object(_ tree: FieldTree, _ path: String) throws -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            guard let name = string(), take(":"), !name.contains(UInt8(ascii: "\\")) else { return false }
            let field = tree.field(name)
            guard field.isKnown else { throw tree.unknown(path + String(decoding: name, as: UTF8.self)) }
            if let inner = field.inner, next == UInt8(ascii: "{") {
                guard try object(inner, path + String(decoding: name, as: UTF8.self) + ".") else { return false }
            } else {
                guard passValue() else { return false }
            }
        } while take(",")
        return take("}")
    }

    /// The next byte that is no white space.
    private var next: UInt8? {
        mutating get {
            while index < bytes.count {
                switch bytes[index] {
                case 0x20, 0x09, 0x0A, 0x0D: index += 1
                case let byte: return byte
                }
            }
            return nil
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// What stands between two quotation marks, escapes as they are.
    private mutating func string() -> Slice<UnsafeRawBufferPointer>? {
        guard take("\"") else { return nil }
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return bytes[start..<index - 1]
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }

    /// Whatever it is, with all that is in it.
    private mutating func passValue() -> Bool {
        var depth = 0
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""): if string() == nil { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
                continue
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return true }
                depth -= 1
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { return true }
                index += 1
                continue
            default: passWord()
            }
            if depth == 0 { return true }
        }
        return false
    }

    /// A number, true, false or null.
    private mutating func passWord() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"): return
            default: index += 1
            }
        }
    }
}

struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
