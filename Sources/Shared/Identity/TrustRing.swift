import Access
import Foundation
import Synchronization

/// Who a name stands for now, as a store knows it.
struct Trusted<Name: Sendable>: Sendable {
    let name: Name
    let principal: Principal
    /// What the store calls it.
    let id: UUID
    let expiresAt: Date?
}

/// Principals by the name they come with, remembered so that a request in the common case costs a dictionary look-up, and so that they go on working
/// while the database is away.
///
/// A name is believed for as long as the store confirmed it at most `trust` ago; `refresh()`, called at short intervals, asks about all
/// remembered names at once, so that what was revoked or changed ends within one interval while the database answers.
final class TrustRing<Name: Hashable & Sendable>: Sendable {
    struct Source: Sendable {
        /// What is in force among these. Throws when the store cannot be asked, never for a name that is not there.
        let confirm: @Sendable ([Name]) async throws -> [Trusted<Name>]
        let noteUsed: @Sendable ([UUID]) async throws -> Void
    }

    private struct Entry {
        let trusted: Trusted<Name>
        var confirmedAt: ContinuousClock.Instant
        var wasUsed = true
    }

    private struct State {
        var entries: [Name: Entry] = [:]
        var lookups = 0
    }

    private let source: Source
    private let settings: KeyRing.Settings
    private let now: @Sendable () -> ContinuousClock.Instant
    private let date: @Sendable () -> Date
    private let state = Mutex(State())

    init(
        _ source: Source, settings: KeyRing.Settings, now: @escaping @Sendable () -> ContinuousClock.Instant,
        date: @escaping @Sendable () -> Date
    ) {
        self.source = source
        self.settings = settings
        self.now = now
        self.date = date
    }

    func principal(_ name: Name) async throws(AuthenticationError) -> Principal {
        let now = now()
        let known = state.withLock { state -> Trusted<Name>? in
            guard let entry = state.entries[name], now - entry.confirmedAt <= settings.trust else { return nil }
            if !entry.wasUsed { state.entries[name]?.wasUsed = true }
            return entry.trusted
        }
        guard let known else { return try await lookUp(name) }
        if let expiresAt = known.expiresAt, expiresAt <= date() { throw .refused }
        return known.principal
    }

    private func lookUp(_ name: Name) async throws(AuthenticationError) -> Principal {
        let mayAsk = state.withLock { state in
            guard state.lookups < settings.lookups else { return false }
            state.lookups += 1
            return true
        }
        guard mayAsk else { throw .busy }
        defer { state.withLock { $0.lookups -= 1 } }
        // Contact counts from before the question: the answer is at least that fresh.
        let asked = now()
        let trusted: Trusted<Name>?
        do {
            trusted = try await source.confirm([name]).first
        } catch {
            throw .unavailable
        }
        guard let trusted else {
            forget(name)
            throw .refused
        }
        state.withLock { state in
            if state.entries.count >= settings.capacity {
                // Nobody's turn in particular: a ring this full is an attack or needs a larger capacity, and a forgotten name costs one look-up.
                if let victim = state.entries.keys.first { state.entries[victim] = nil }
            }
            state.entries[name] = Entry(trusted: trusted, confirmedAt: asked)
        }
        return trusted.principal
    }

    func forget(_ name: Name) { state.withLock { $0.entries[name] = nil } }

    /// Asks the store about every remembered name, even when there is none, and notes which were used since the last round.
    func refresh() async throws {
        let remembered = state.withLock { state in state.entries.keys.map { $0 } }
        let asked = now()
        var used: [UUID] = []
        for start in stride(from: 0, to: max(1, remembered.count), by: 1000) {
            let chunk = Array(remembered[start..<min(start + 1000, remembered.count)])
            let confirmed = Dictionary(try await source.confirm(chunk).map { ($0.name, $0) }) { first, _ in first }
            state.withLock { state in
                for name in chunk {
                    guard let old = state.entries[name] else { continue }
                    guard let trusted = confirmed[name] else {
                        // Unless it was looked up while we asked, which is the fresher answer.
                        if old.confirmedAt <= asked { state.entries[name] = nil }
                        continue
                    }
                    if old.wasUsed { used.append(old.trusted.id) }
                    state.entries[name] = Entry(trusted: trusted, confirmedAt: asked, wasUsed: false)
                }
            }
        }
        if !used.isEmpty { try await source.noteUsed(used) }
    }

    var count: Int { state.withLock { $0.entries.count } }
}
