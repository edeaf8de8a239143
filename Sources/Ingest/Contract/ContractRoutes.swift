import HTTPTypes
import Hummingbird

/// `GET /openapi.json`: the routes' contract, made once from the same table that the router reads.
struct ContractRoutes: Sendable {
    private let document: [UInt8]

    /// The routes with the one that describes them all, itself included.
    /// - Throws: `ContractError`.
    static func completing(_ endpoints: [Endpoint]) throws -> [Endpoint] {
        let document = try OpenAPI(endpoints + ContractRoutes(document: []).endpoints).bytes
        return endpoints + ContractRoutes(document: document).endpoints
    }

    private var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/openapi.json",
                RouteContract(
                    "openapi", "This document", .operations, responses: [.ok(OpenAPI.Document.self, "OpenAPI 3.1.")]),
                open: { [document] _ in JSONBody.response(bytes: document, status: .ok) })
        ]
    }
}
