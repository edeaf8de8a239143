import Foundation
import Kafka
import Logging
import Postgres
import Testing

@testable import Ingest

/// What the gateway serves, without a server.
func servedEndpoints() throws -> [Endpoint] {
    let settings = GatewaySettings(
        kafka: KafkaSettings(brokers: "127.0.0.1:9"), database: try PostgresSettings(url: "postgresql://nobody@127.0.0.1:9/none"))
    return try Gateway(settings, logger: Logger(label: "contract")).endpoints
}

@Suite("The contract")
struct ContractTests {
    /// Compares with a file of the repository, or writes it when HELPDESK_WRITE_GOLDEN is set.
    static func compare(_ text: String, with path: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").appending(path: path).standardizedFileURL
        if ProcessInfo.processInfo.environment["HELPDESK_WRITE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let committed = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard committed != text else { return }
        let old = committed.split(separator: "\n", omittingEmptySubsequences: false)
        let new = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(old.count, new.count)
        Issue.record(
            """
            \(path), line \(line + 1): the file has '\(line < old.count ? old[line] : "its end")', the code makes \
            '\(line < new.count ? new[line] : "its end")'. If the code is right, write the file anew: \
            HELPDESK_WRITE_GOLDEN=1 swift test --filter ContractTests
            """)
    }

    @Test("The committed OpenAPI document is the one that the routes make")
    func document() throws {
        try Self.compare(String(decoding: OpenAPI(servedEndpoints()).bytes, as: UTF8.self), with: "deploy/contracts/openapi.json")
    }

    @Test("Every field of a request body says what it is")
    func described() throws {
        let book = SchemaBook()
        for endpoint in try servedEndpoints() {
            guard let body = endpoint.contract?.body else { continue }
            _ = try book.schema(of: body.type, .request)
        }
        for (name, definition) in book.definitions {
            guard case .object(let properties)? = definition["properties"] else { continue }
            for (property, schema) in properties where schema["description"] == nil && schema["enum"] == nil {
                Issue.record("\(name).\(property): add it to the type's notes (Annotated)")
            }
        }
    }
}
