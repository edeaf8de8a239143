import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Reading the body failed for the connection's reasons: there is nobody left to answer, or the server answers by itself.
struct BodyReadFailure: Error {
    let underlying: any Error
}

extension Exchange {
    /// The body of a request that must be JSON, at most `limit` bytes of it.
    /// - Throws: `Problem` for another content type, a body that is too large or too slow; `BodyReadFailure`.
    func json(limit: Int) async throws -> Data {
        guard let type = request.headers[.contentType], Self.isJSON(type) else {
            throw Problem(
                .unsupportedMediaType,
                "Send the body as JSON in UTF-8 with the header Content-Type: application/json.", headers: [.accept: "application/json"])
        }
        if let text = request.headers[.contentLength], let declared = Int(text), declared > limit { throw Self.tooLarge(limit) }
        let buffer = try await read(limit: limit)
        return buffer.withUnsafeReadableBytes { Data($0) }
    }

    // Concurrent, because the library's iterator is.
    @concurrent private func read(limit: Int) async throws -> ByteBuffer {
        do {
            var chunks = request.body.makeAsyncIterator()
            guard var body = try await chunks.next() else { return ByteBuffer() }
            guard body.readableBytes <= limit else { throw Self.tooLarge(limit) }
            while let chunk = try await chunks.next() {
                guard body.readableBytes + chunk.readableBytes <= limit else { throw Self.tooLarge(limit) }
                body.writeImmutableBuffer(chunk)
            }
            return body
        } catch let problem as Problem {
            throw problem
        } catch is BodyTooSlow {
            throw Problem(.requestTimeout, "The body did not arrive in time; send it again.")
        } catch {
            throw BodyReadFailure(underlying: error)
        }
    }

    private static func tooLarge(_ limit: Int) -> Problem {
        Problem(.bodyTooLarge, "A body has at most \(limit) bytes; shorten the text or attach less.")
    }

    /// `application/json`, in UTF-8 if it says so.
    static func isJSON(_ contentType: String) -> Bool {
        if contentType == "application/json" { return true }
        let parts = contentType.lowercased().split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.first == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { !$0.hasPrefix("charset=") || ["charset=utf-8", "charset=\"utf-8\""].contains($0) }
    }
}
