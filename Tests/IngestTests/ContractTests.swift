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

    @Test("The example of every request body fits its schema, and the route takes it")
    func examples() throws {
        let endpoints = try servedEndpoints()
        let check = try ContractCheck(document: Data(OpenAPI(endpoints).bytes))
        for endpoint in endpoints {
            guard let body = endpoint.contract?.body else { continue }
            let json = try JSONEncoder().encode(body.example)
            #expect(try check.breaches(ofBody: json, "\(endpoint.method)", endpoint.path) == [])
            func take<Body: Decodable>(_ type: Body.Type) throws {
                let taken = try RequestJSON.decode(type, from: json)
                try (taken as? any WorkBody)?.validate()
            }
            #expect(throws: Never.self, "\(endpoint.path)") { try take(body.type) }
        }
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

@Suite("Problem types")
struct ProblemTypeTests {
    @Test("docs/problems.md lists every problem with its URI, status and meaning")
    func documented() throws {
        var text = """
            # Problems

            Every answer of the gateway other than success is a problem body (RFC 9457, `application/problem+json`). Its `type` names the kind of problem and never
            changes its meaning; `title` and `status` go with it. `detail` says what happened this time and what to do, `errors` which fields could not be taken, and `requestId`
            is what to tell support. Tell problems apart by `type`, never by `detail`.


            """
        for type in ProblemType.allCases.sorted(by: { ($0.status, $0.rawValue) < ($1.status, $1.rawValue) }) {
            text += "## `\(type.uri)`\n\n\(type.status): \(type.title). \(type.advice)\n\n"
        }
        try ContractTests.compare(String(text.dropLast()), with: "docs/problems.md")
    }

    @Test("A status, a title and advice, each type its own")
    func distinct() {
        #expect(Set(ProblemType.allCases.map(\.title)).count == ProblemType.allCases.count)
        for type in ProblemType.allCases {
            #expect((400...599).contains(type.status) && !type.title.hasSuffix(".") && type.advice.hasSuffix("."), "\(type)")
        }
    }
}
