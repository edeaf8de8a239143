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
    static let actor = QueryParameter.text("actor", Limits.short, "Only acts of this principal: `account:...`, `key:...`, `command:...`.")
    static let subject = QueryParameter.text(
        "subject", Limits.short, "Only acts on this: `account:...`, `key:...`, `role:...`, `address:...`, `operation:...`.")
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
