/// A statement: text with numbered placeholders, and the values bound to them.
///
/// What is interpolated is bound, never pasted: `"SELECT * FROM tickets WHERE id = \(id)"` has the text
/// `SELECT * FROM tickets WHERE id = $1`. Another `SQL` is spliced in with its values. The one way to paste text is
/// spelt `\(unescaped: name)` and is for identifiers this program knows, never for input.
///
/// Each distinct text, with the types of its values, becomes one prepared statement per connection. Give lists as
/// arrays (`= ANY(\(ids))`, `unnest(\(ids))`), so that the text does not vary with their length.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    public private(set) var text: String
    public private(set) var parameters: Parameters
    /// Where the placeholders stand in `text`, in UTF-8 bytes, so that splicing can number them anew.
    private var placeholders: [Int]

    public init(stringLiteral value: String) {
        self.init(unescaped: value)
    }

    /// A statement without values whose text comes from this program, never from input.
    public init(unescaped text: String) {
        self.text = text
        parameters = Parameters()
        placeholders = []
    }

    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }

    mutating func append(text more: String) {
        text += more
    }

    mutating func append(value: some PostgresEncodable) {
        parameters.append(value)
        placeholders.append(text.utf8.count)
        text += "$\(parameters.count)"
    }

    mutating func append(_ other: SQL) {
        if other.placeholders.isEmpty {
            text += other.text
        } else if placeholders.isEmpty {
            let shift = text.utf8.count
            text += other.text
            placeholders = other.placeholders.map { $0 + shift }
        } else {
            let first = placeholders.count
            let utf8 = other.text.utf8
            var copied = utf8.startIndex
            for (number, offset) in other.placeholders.enumerated() {
                let dollar = utf8.index(utf8.startIndex, offsetBy: offset)
                text += other.text[copied..<dollar]
                placeholders.append(text.utf8.count)
                text += "$\(first + number + 1)"
                copied = utf8.index(dollar, offsetBy: "$\(number + 1)".utf8.count)
            }
            text += other.text[copied...]
        }
        parameters.append(other.parameters)
    }

    public static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.append(right)
        return sum
    }

    public static func += (left: inout SQL, right: SQL) {
        left.append(right)
    }

    /// The fragments one after another with `separator` between them; empty for none.
    public static func joined(_ fragments: some Sequence<SQL>, separator: SQL = ", ") -> SQL {
        var result = SQL(unescaped: "")
        var isFirst = true
        for fragment in fragments {
            if !isFirst { result.append(separator) }
            result.append(fragment)
            isFirst = false
        }
        return result
    }

    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var sql = SQL(unescaped: "")

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.text.reserveCapacity(literalCapacity + interpolationCount * 3)
            sql.placeholders.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) {
            sql.append(text: literal)
        }

        /// Binds `value`.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            sql.append(value: value)
        }

        /// Splices a fragment in, with its values.
        public mutating func appendInterpolation(_ fragment: SQL) {
            sql.append(fragment)
        }

        /// Pastes text as it is. Never give it input.
        public mutating func appendInterpolation(unescaped text: String) {
            sql.append(text: text)
        }
    }
}

extension SQL: CustomStringConvertible {
    /// The text alone: values stay out of logs.
    public var description: String { text }
}

extension SQL: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: ["text": text, "parameters": parameters.count]) }
}
