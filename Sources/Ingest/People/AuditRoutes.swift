import Access
import Domain
import Hummingbird
import Stores

/// Who did what, from where, and what was there before and after.
struct AuditRoutes: Sendable {
    let log: AuditLog

    static let limit = QueryParameter.int("limit", 1...200, default: 50, "How many at most.")
    static let cursor = QueryParameter.custom(
        "cursor", schema: ["type": "string", "pattern": "^[1-9][0-9]{0,17}$"], expected: "the 'next' of a page of this list",
        "The `next` of the page before.",
        read: { text in text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text).flatMap { $0 > 0 ? $0 : nil } : nil })
    static let actor = reference("actor", ["account", "key", "command"], besides: "nobody", "Only acts of this principal.")
    static let subject = reference("subject", ["account", "key", "role", "address", "operation"], "Only acts on this.")
    static let action: QueryParameter<AuditAction> = .choice("action", "Only acts of this kind.")

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/audit",
                RouteContract(
                    "listAudit", "Every act of administration and security, the newest first", .administration, permissions: [.auditRead],
                    query: [Self.limit, Self.cursor, Self.actor, Self.subject, Self.action], responses: [.ok(AuditDocument.self)]),
                authenticated: list)
        ]
    }

    /// What the log names by its kind and itself. Another form would find nothing, and look like an empty log.
    private static func reference(_ name: String, _ kinds: [String], besides word: String? = nil, _ about: String) -> QueryParameter<String> {
        let known = kinds.map { $0 + ":..." } + (word.map { [$0] } ?? [])
        let pattern = "^((" + kinds.joined(separator: "|") + #"):[^\u0000]+"# + (word.map { "|" + $0 } ?? "") + ")$"
        return .custom(
            name, schema: ["type": "string", "maxLength": .int(Limits.short), "pattern": .string(pattern)],
            expected: "one of " + known.joined(separator: ", "), about + " One of " + known.map { "`\($0)`" }.joined(separator: ", ") + ".",
            read: { text in
                let isNamed = kinds.contains { text.hasPrefix($0 + ":") && text.utf8.count > $0.utf8.count + 1 }
                return text.unicodeScalars.count <= Limits.short && (isNamed || text == word) ? text : nil
            })
    }

    private func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let limit = try exchange.query(Self.limit) ?? 50
        let filter = AuditLog.Filter(
            actor: try exchange.query(Self.actor), action: try exchange.query(Self.action), subject: try exchange.query(Self.subject))
        var page = try await log.page(filter, before: try exchange.query(Self.cursor), limit: limit + 1)
        let hasMore = page.count > limit
        if hasMore { page.removeLast() }
        return JSONBody.response(
            AuditDocument(entries: page.map(AuditDocument.Entry.init), next: hasMore ? page.last.map { String($0.number) } : nil))
    }
}
