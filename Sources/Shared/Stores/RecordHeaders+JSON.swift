import Foundation
import Messaging

/// Headers as a row keeps them: `[["name", "text"], ["name", null], ["name", {"base64": "..."}]]`, readable for an operator and exact for any bytes.
enum RecordHeadersJSON {
    static func encode(_ headers: [RecordHeader]) -> [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "[")]
        for (index, header) in headers.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(UInt8(ascii: "["))
            appendString(Array(header.name.utf8), to: &out)
            out.append(UInt8(ascii: ","))
            if let value = header.value {
                if String(validating: value, as: UTF8.self) != nil, !value.contains(0) {
                    appendString(value, to: &out)
                } else {
                    out.append(contentsOf: Array(#"{"base64":""#.utf8))
                    out.append(contentsOf: Array(Data(value).base64EncodedString().utf8))
                    out.append(contentsOf: Array(#""}"#.utf8))
                }
            } else {
                out.append(contentsOf: Array("null".utf8))
            }
            out.append(UInt8(ascii: "]"))
        }
        out.append(UInt8(ascii: "]"))
        return out
    }

    static func decode(_ json: [UInt8]) throws -> [RecordHeader] {
        try JSONDecoder().decode([Entry].self, from: Data(json)).map(\.header)
    }

    private static func appendString(_ text: [UInt8], to out: inout [UInt8]) {
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
