import Domain
import Foundation
import HTTPTypes

/// The OpenAPI 3.1 document, made from the routes' own declarations.
struct OpenAPI {
    /// Of the API, not of the software: it moves when the contract does.
    static let version = "1.0.0"

    let tree: JSONTree

    /// The document's own schema: any object.
    struct Document: Codable, Annotated {
        let openapi: String

        static let notes: [String: Note] = ["openapi": Note(members: ["const": "3.1.0"])]
    }

    /// - Throws: `ContractError` when a route declares nothing, or something that cannot be.
    init(_ endpoints: [Endpoint]) throws {
        let book = SchemaBook()
        let problem = try book.schema(of: Problem.Body.self, .response)
        var paths: [String: JSONTree] = [:]
        var ids: Set<String> = []
        for endpoint in endpoints {
            guard let contract = endpoint.contract else {
                throw ContractError(description: "\(endpoint.method.rawValue) \(endpoint.path) declares no RouteContract")
            }
            guard ids.insert(contract.id).inserted else { throw ContractError(description: "two routes are called \(contract.id)") }
            let open = endpoint.path.matches(of: /\{(\w+)\}/).map { String($0.1) }
            guard open == contract.path.map(\.name) else {
                throw ContractError(description: "\(endpoint.path): its open parts and its path parameters \(contract.path.map(\.name)) differ")
            }
            var operations = paths[endpoint.path] ?? .object([:])
            operations[endpoint.method.rawValue.lowercased()] = try Self.operation(contract, endpoint, book, problem)
            paths[endpoint.path] = operations
        }
        tree = [
            "openapi": "3.1.0",
            "info": [
                "title": "ESI AI Helpdesk", "version": .string(Self.version),
                "summary": "Submit tickets, follow and work them, and see why they were decided as they were.",
                "description":
                    """
                Times are RFC 3339 in UTC. Every answer other than success is a problem body (RFC 9457); its `type` never changes its meaning, \
                see docs/problems.md. Fields that you do not know are new: pass over them.
                """,
                "license": ["name": "MIT", "identifier": "MIT"]
            ],
            "servers": [["url": "/", "description": "The gateway that served this document."]],
            "tags": .array(RouteContract.Tag.allCases.map { ["name": .string($0.rawValue), "description": .string($0.about)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(book.definitions),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer", "description": "An API key (`hdk_...`) or an access token."]
                ]
            ]
        ]
    }

    /// As it is served and committed.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // The tree has nothing that JSON has no word for: no infinite number is ever put into it.
        guard let data = try? encoder.encode(tree) else { preconditionFailure("the document does not encode") }
        return Array(data) + [UInt8(ascii: "\n")]
    }

    private static func operation(_ contract: RouteContract, _ endpoint: Endpoint, _ book: SchemaBook, _ problem: JSONTree) throws -> JSONTree {
        var details = contract.details
        if !contract.permissions.isEmpty {
            let needed = contract.permissions.map { "`\($0.rawValue)`" }.joined(separator: " or ")
            details += (details.isEmpty ? "" : "\n\n") + "Needs the permission \(needed)."
        }
        var operation: [String: JSONTree] = [
            "operationId": .string(contract.id), "summary": .string(contract.summary), "tags": [.string(contract.tag.rawValue)],
            "responses": try responses(contract, endpoint, book, problem),
            "security": endpoint.isAuthenticated ? [["bearer": []]] : []
        ]
        if !details.isEmpty { operation["description"] = .string(details) }
        let parameters =
            contract.path.map { parameter("path", $0.name, $0.schema, $0.about, isRequired: true) }
            + contract.query.map { parameter("query", $0.name, $0.schema, $0.about, isRequired: false) }
            + contract.headers.map { parameter("header", $0.name, $0.schema, $0.about, isRequired: $0.isRequired) }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = contract.body {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": try book.schema(of: body.type, .request), "example": body.example]]
            ]
        }
        return .object(operation)
    }

    private static func parameter(_ place: String, _ name: String, _ schema: JSONTree, _ about: String, isRequired: Bool) -> JSONTree {
        var tree: JSONTree = ["name": .string(name), "in": .string(place), "schema": schema, "description": .string(about)]
        if isRequired { tree["required"] = true }
        return tree
    }

    private static func responses(_ contract: RouteContract, _ endpoint: Endpoint, _ book: SchemaBook, _ problem: JSONTree) throws -> JSONTree {
        var responses: [String: JSONTree] = [:]
        for response in contract.responses {
            var tree: [String: JSONTree] = ["description": .string(response.about)]
            switch response.content {
            case .none: break
            case .json(let type): tree["content"] = ["application/json": ["schema": try book.schema(of: type, .response)]]
            case .other(let media): tree["content"] = [media: ["schema": ["type": "string"]]]
            case .items(let media): tree["content"] = .object(try media.mapValues { try items($0, book) })
            }
            tree["headers"] = headers(response.headers + [.requestID])
            responses[String(response.status)] = .object(tree)
        }
        let problems = Dictionary(
            grouping: contract.allProblems(isAuthenticated: endpoint.isAuthenticated, isWriting: endpoint.method != .get), by: \.status)
        for (status, types) in problems {
            let types = types.sorted { $0.rawValue < $1.rawValue }
            let schema: JSONTree = [
                "allOf": [problem],
                "properties": ["type": ["enum": JSONTree(words: types.map(\.uri))], "status": ["const": .int(status)]]
            ]
            guard responses[String(status)] == nil else {
                throw ContractError(description: "\(contract.id) answers \(status) both as success and as a problem")
            }
            responses[String(status)] = [
                "description": .string(types.map { $0.title + "." }.joined(separator: " ")),
                "content": ["application/problem+json": ["schema": schema]],
                "headers": headers(Self.problemHeaders(types) + [.requestID])
            ]
        }
        return .object(responses)
    }

    /// A text of many documents. What each of them is has no word in OpenAPI 3.1; the extension is called as 3.2 calls it.
    private static func items(_ types: [any (Encodable & SendableMetatype).Type], _ book: SchemaBook) throws -> JSONTree {
        let schemas = try types.map { try book.schema(of: $0, .response) }
        guard let first = schemas.first else { return ["schema": ["type": "string"]] }
        return ["schema": ["type": "string"], "x-itemSchema": schemas.count == 1 ? first : ["oneOf": .array(schemas)]]
    }

    /// A header is promised where every problem of the status has it.
    private static func problemHeaders(_ types: [ProblemType]) -> [ResponseHeader] {
        types.flatMap(\.headers).map { header in
            var header = header
            header.isRequired = types.allSatisfy { type in type.headers.contains { $0.name == header.name && $0.isRequired } }
            return header
        }
    }

    private static func headers(_ headers: [ResponseHeader]) -> JSONTree {
        .object(
            Dictionary(
                headers.map { header in
                    var tree: JSONTree = ["description": .string(header.about), "schema": header.schema]
                    if header.isRequired { tree["required"] = true }
                    return (header.name, tree)
                }, uniquingKeysWith: { first, _ in first }))
    }
}
