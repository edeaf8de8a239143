import HTTPTypes
import Hummingbird
import NIOCore

/// `/docs`: the contract to read and to try out, in Swagger UI. Everything comes from the gateway itself, so that it works without the network.
struct DocumentationRoutes: Sendable {
    let assets: DocumentationAssets

    /// Nothing but what the gateway serves, and no script within the page. Swagger UI sets styles on its elements.
    static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'
        """

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/docs",
                RouteContract(
                    "docs", "This contract, to read and to try out", .operations, details: "Swagger UI, once `make docs-ui` has fetched it.",
                    responses: [DeclaredResponse(200, "A page.", .other("text/html"))]),
                open: page),
            Endpoint(
                .get, "/docs/start.js",
                RouteContract(
                    "docsStart", "The page's own script", .operations, responses: [DeclaredResponse(200, "A script.", .other("text/javascript"))]),
                open: { _ in Self.response(Array(Self.start.utf8), "text/javascript; charset=utf-8") })
        ]
            + DocumentationAssets.Asset.allCases.map { asset in
                Endpoint(
                    .get, "/docs/" + asset.rawValue,
                    RouteContract(
                        "docs" + asset.rawValue.filter(\.isLetter), "A file of Swagger UI", .operations,
                        responses: [DeclaredResponse(200, "The file.", .other(String(asset.contentType.prefix { $0 != ";" })))],
                        problems: [.routeNotFound]),
                    open: { _ in
                        guard let bytes = await assets.bytes(asset) else {
                            throw Problem(.routeNotFound, "Swagger UI is not installed here; `make docs-ui` fetches it.")
                        }
                        return Self.response(bytes, asset.contentType)
                    })
            }
    }

    private func page(_ exchange: Exchange) async throws -> Response {
        Self.response(Array((assets.areComplete ? Self.documentation : Self.missing).utf8), "text/html; charset=utf-8")
    }

    private static func response(_ bytes: [UInt8], _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .contentSecurityPolicy: policy, .cacheControl: "no-cache"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static let documentation = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>ESI AI Helpdesk: the API</title>
        <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
        <link rel="stylesheet" href="/docs/swagger-ui.css">
        </head>
        <body>
        <div id="docs"></div>
        <script src="/docs/swagger-ui-bundle.js"></script>
        <script src="/docs/start.js"></script>
        </body>
        </html>

        """

    private static let missing = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>ESI AI Helpdesk: the API</title>
        </head>
        <body>
        <h1>The API</h1>
        <p>The contract is at <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1). Any tool that reads OpenAPI shows it.</p>
        <p>To read it here and to try it out, fetch Swagger UI once, in the repository: <code>make docs-ui</code>. For a gateway that runs
        elsewhere, copy the directory <code>.docs-ui</code> to it and name it with <code>docs.assets</code> (<code>--docs-assets</code>).
        Then load this page again.</p>
        </body>
        </html>

        """

    private static let start = """
        "use strict";
        window.ui = SwaggerUIBundle({
          url: "/openapi.json",
          dom_id: "#docs",
          deepLinking: true,
          tryItOutEnabled: true,
          displayRequestDuration: true,
          filter: true,
          defaultModelsExpandDepth: 0,
          persistAuthorization: false,
          validatorUrl: null,
        });

        """
}
