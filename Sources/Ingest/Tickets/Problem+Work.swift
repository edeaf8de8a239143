import Domain
import HTTPTypes
import Stores

extension Problem {
    /// - Parameter other: the field that names another ticket; nil where the path does.
    init(_ refusal: WorkRefusal, other: String?) {
        switch refusal {
        case .noTicket: self = .ticketNotFound
        case .noOtherTicket:
            self = other.map { .invalid(InvalidField($0, expected: "another ticket that exists for you", found: "none")) } ?? .ticketNotFound
        case .stale(let version):
            self.init(
                .versionMismatch, "The ticket is at version \(version) now. Read it again, and send its new ETag if you still want this.",
                headers: [.eTag: VersionTag.text(version)])
        case .edit(let refusal): self.init(refusal)
        }
    }

    private init(_ refusal: EditRefusal) {
        switch refusal {
        case .merged(let target): self.init(.stateConflict, "It was merged into \(target): work on that one.")
        case .ended(let state): self.init(.stateConflict, "It is \(state.rawValue), and this is for tickets that are worked on.")
        case .impossibleMove(let from, let to, let allowed):
            let others = allowed.isEmpty ? "nowhere by you" : "to " + allowed.map(\.rawValue).joined(separator: ", ")
            self.init(.stateConflict, "It is \(from.rawValue) and cannot go to \(to.rawValue) this way; it can go \(others).")
        case .needsReason: self = WorkRoutes.reasonMissing
        case .notHigher(let tier):
            self = .invalid(InvalidField("tier", expected: "a tier above the present \(tier.rawValue)", found: "none above it"))
        case .tooMany(let field, let limit):
            self = .invalid(InvalidField(field, expected: "at most \(limit) on one ticket", found: "more, with those that it has"))
        case .cycle: self.init(.stateConflict, "It is where the other ticket ends already: merging it there would lead in a circle.")
        case .otherRequester:
            self.init(.stateConflict, "The tickets are of different requesters, who would read each other's words: link them instead.")
        }
    }

    init(_ refusal: RequestKeyRefusal) {
        switch refusal {
        case .inFlight:
            self.init(
                .requestInFlight, "A request with this Idempotency-Key is being done now. Send it again in a moment for its answer.",
                headers: [.retryAfter: "1"])
        case .otherRequest:
            self.init(.idempotencyConflict, "This Idempotency-Key was used for another request. Use a new key for a new request.")
        }
    }
}
