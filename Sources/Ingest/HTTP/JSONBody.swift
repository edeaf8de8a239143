import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// JSON as the gateway writes it: camelCase, keys sorted, so that equal answers are equal bytes.
enum JSONBody {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.string(date))
        }
        // Our bodies hold strings, numbers that are finite, truth values and lists of them: there is nothing that can fail to encode.
        guard let data = try? encoder.encode(value) else { preconditionFailure("\(type(of: value)) does not encode") }
        return Array(data)
    }

    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        response(bytes: encode(value), status: status, headers: headers)
    }

    static func response(bytes: [UInt8], status: HTTPResponse.Status, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
