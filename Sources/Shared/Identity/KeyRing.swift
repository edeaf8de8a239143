public import Access
public import Foundation
import Domain
import Stores
import Synchronization

/// Why a key gives no principal.
public enum AuthenticationError: Error, Sendable, Equatable {
    /// Not a key, or one that is unknown, revoked or expired: the four are told alike.
    case refused
    /// The store that knows could not be asked, so nothing may be said about the key.
    case unavailable
}

/// Who holds which API key, remembered so that a request in the common case costs a hash and a dictionary look-up, and so that keys go on
/// working while the database is away.
///
/// A key is believed for as long as the store confirmed it at most `trust` ago; `refresh()`, called at short intervals, asks about all
/// remembered keys at once, so that a revoked key ends within one interval while the database answers.
public final class KeyRing: Sendable {
    public struct Settings: Sendable {
        /// How long a key goes on being believed after the last contact with the store. Default 15 minutes.
        public var trust: Duration = .seconds(15 * 60)
        /// Most keys remembered. Default 10,000.
        public var capacity = 10_000
        /// Most look-ups of unknown keys under way; more are told `unavailable`, so that guesses cannot use up the database. Default 64.
        public var lookups = 64

        public init() {}
    }

    private struct Entry {
        let principal: Principal
        let id: UUID
        let expiresAt: Date?
        var confirmedAt: ContinuousClock.Instant
        var wasUsed = true
    }

    private struct State {
        var entries: [KeyDigest: Entry] = [:]
        var lookups = 0
    }

    private let source: any KeySource
    private let settings: Settings
    private let now: @Sendable () -> ContinuousClock.Instant
    private let date: @Sendable () -> Date
    private let state = Mutex(State())

    public init(
        _ source: any KeySource, settings: Settings = Settings(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, date: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.source = source
        self.settings = settings
        self.now = now
        self.date = date
    }

    /// The principal behind a key.
    public func principal(forKey text: String) async throws(AuthenticationError) -> Principal {
        guard let secret = KeySecret(text) else { throw .refused }
        let digest = secret.digest, now = now()
        let known = state.withLock { state -> Entry? in
            guard let entry = state.entries[digest], now - entry.confirmedAt <= settings.trust else { return nil }
            if !entry.wasUsed { state.entries[digest]?.wasUsed = true }
            return entry
        }
        if let known {
            if let expiresAt = known.expiresAt, expiresAt <= date() { throw .refused }
            return known.principal
        }
        return try await lookUp(digest)
    }

    private func lookUp(_ digest: KeyDigest) async throws(AuthenticationError) -> Principal {
        let mayAsk = state.withLock { state in
            guard state.lookups < settings.lookups else { return false }
            state.lookups += 1
            return true
        }
        guard mayAsk else { throw .unavailable }
        defer { state.withLock { $0.lookups -= 1 } }
        // Contact counts from before the question: the answer is at least that fresh.
        let asked = now()
        let grant: ApiKeyGrant?
        do {
            grant = try await source.grants(for: [digest.bytes])[digest.bytes]
        } catch {
            throw .unavailable
        }
        guard let grant else {
            state.withLock { $0.entries[digest] = nil }
            throw .refused
        }
        let entry = Self.entry(grant, at: asked)
        state.withLock { state in
            if state.entries.count >= settings.capacity {
                // Nobody's turn in particular: a ring this full is an attack or needs a larger capacity, and a forgotten key costs one look-up.
                if let victim = state.entries.keys.first { state.entries[victim] = nil }
            }
            state.entries[digest] = entry
        }
        return entry.principal
    }

    /// Asks the store about every remembered key, even when there is none, and notes which were used since the last round.
    /// - Throws: What the store throws; the keys then stay as they are.
    public func refresh() async throws {
        let remembered = state.withLock { state in state.entries.keys.map { $0 } }
        let asked = now()
        var used: [UUID] = []
        for start in stride(from: 0, to: max(1, remembered.count), by: 1000) {
            let chunk = remembered[start..<min(start + 1000, remembered.count)]
            let grants = try await source.grants(for: chunk.map(\.bytes))
            state.withLock { state in
                for digest in chunk {
                    guard let grant = grants[digest.bytes] else {
                        // Unless it was looked up while we asked, which is the fresher answer.
                        if let entry = state.entries[digest], entry.confirmedAt <= asked { state.entries[digest] = nil }
                        continue
                    }
                    guard let old = state.entries[digest] else { continue }
                    if old.wasUsed { used.append(old.id) }
                    var entry = Self.entry(grant, at: asked)
                    entry.wasUsed = false
                    state.entries[digest] = entry
                }
            }
        }
        if !used.isEmpty { try await source.noteUsed(used) }
    }

    /// Keys remembered now.
    public var count: Int { state.withLock { $0.entries.count } }

    private static func entry(_ grant: ApiKeyGrant, at instant: ContinuousClock.Instant) -> Entry {
        Entry(
            principal: Principal(
                id: "key:" + grant.key.id.canonical, role: grant.key.role, permissions: grant.permissions,
                requesterID: grant.key.requesterID, persona: grant.key.persona),
            id: grant.key.id, expiresAt: grant.key.expiresAt, confirmedAt: instant)
    }
}
