import Access
import Domain
import Logging
import Observability
import Stores

/// Puts in the audit log that somebody may not do what they asked of people, roles, keys or the log itself. Bounded: of one principal and one
/// operation a gateway tells once a minute, however often it is asked.
struct RefusedActs: Sendable {
    /// The longest that a refusal waits for its entry: the answer does not depend on it.
    static let patience: Duration = .seconds(2)

    private let log: AuditLog
    private let limiter: RateLimiter<String>
    private let logger: Logger

    init(_ log: AuditLog, per window: Duration = .seconds(60), logger: Logger) {
        self.log = log
        limiter = RateLimiter("refusals", Quota(requests: 1, window: window), capacity: 10_000)
        self.logger = logger
    }

    func note(_ refusal: AccessRefusal, of contract: RouteContract, _ exchange: Exchange, _ principal: Principal) async {
        guard contract.tag == .administration, limiter.take("\(principal.id) \(contract.id)").isAllowed else { return }
        var about: [String: AuditValue] = ["permission": .text(refusal.permission.rawValue)]
        if let field = refusal.field { about["field"] = .text(field) }
        // What the path names, where it has the form of an id or a name of ours.
        let named = exchange.parameters.filter { $0.wholeMatch(of: /[A-Za-z0-9._-]{1,50}/) != nil }.map(String.init)
        if !named.isEmpty { about["path"] = .list(named) }
        let entry = AuditEntry(.actRefused, "operation:" + contract.id, by: exchange.origin(principal), after: about)
        let failure = await within(Self.patience) { [log] () -> (any Error)? in
            do {
                try await log.note(entry)
                return nil
            } catch {
                return error
            }
        }
        guard case .some(.none) = failure else {
            logger.warning("refused act not logged", [.principal: .string(principal.id), .correlationID: .string(exchange.requestID)])
            return
        }
    }
}
