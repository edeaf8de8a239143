import Foundation
import Messaging

/// Headers as a row keeps them: `[["name", "text"], ["name", null], ["name", {"base64": "..."}]]`, readable for an operator and exact for any bytes.
enum RecordHeadersJSON {
    static func encode(_ headers: [RecordHeader]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(headers.reduce(2) { $0 + $1.name.utf8.count + ($1.value?.count ?? 4) + 8 })
        out.append(UInt8(ascii: "["))
        for (index, header) in headers.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(UInt8(ascii: "["))
            appendString(header.name.utf8, to: &out)
            out.append(UInt8(ascii: ","))
            if let value = header.value {
                if isText(value) {
                    appendString(value, to: &out)
                } else {
                    out.append(contentsOf: #"{"base64":""#.utf8)
                    out.append(contentsOf: Data(value).base64EncodedString().utf8)
                    out.append(contentsOf: #""}"#.utf8)
                }
            } else {
                out.append(contentsOf: "null".utf8)
            }
            out.append(UInt8(ascii: "]"))
        }
        out.append(UInt8(ascii: "]"))
        return out
    }

    /// Whether it is UTF-8 that PostgreSQL can hold.
    private static func isText(_ value: [UInt8]) -> Bool {
        // Nearly every header is ASCII.
        if value.allSatisfy({ $0 &- 1 < 0x7F }) { return true }
        return String(validating: value, as: UTF8.self) != nil && !value.contains(0)
    }

    static func decode(_ json: [UInt8]) throws -> [RecordHeader] {
        try JSONDecoder().decode([Entry].self, from: Data(json)).map(\.header)
    }

    @inline(__always)
    private static func appendString(_ text: some Collection<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                out.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u"), 48, 48, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private struct Entry: Decodable {
        let header: RecordHeader

        private struct Base64: Decodable { let base64: Data }

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            let name = try list.decode(String.self)
            if try list.decodeNil() {
                header = RecordHeader(name, nil)
            } else if let text = try? list.decode(String.self) {
                header = RecordHeader(name, text)
            } else {
                header = RecordHeader(name, Array(try list.decode(Base64.self).base64))
            }
        }
    }
}
