import Access
import Domain
import Foundation
import Identity
import Stores
import Synchronization
import Testing

/// A store in memory that can be away, and counts how often it is asked.
final class TestKeySource: KeySource {
    struct Away: Error {}

    private struct State {
        var grants: [[UInt8]: ApiKeyGrant] = [:]
        var isAway = false
        var questions = 0
        var used: [UUID] = []
    }

    private let state = Mutex(State())

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    var questions: Int { state.withLock { $0.questions } }
    var used: [UUID] { state.withLock { $0.used } }

    func add(_ secret: KeySecret, role: Role = .agent, expires: Date? = nil) -> ApiKey {
        let key = ApiKey(name: "test", role: role.rawValue, requesterID: "ada", persona: .operator, expiresAt: expires)
        state.withLock { $0.grants[secret.hash] = ApiKeyGrant(key: key, permissions: role.defaultPermissions) }
        return key
    }

    func remove(_ secret: KeySecret) { state.withLock { $0.grants[secret.hash] = nil } }

    func grants(for hashes: [[UInt8]]) async throws -> [[UInt8]: ApiKeyGrant] {
        try state.withLock { state in
            state.questions += 1
            if state.isAway { throw Away() }
            return state.grants.filter { hashes.contains($0.key) }
        }
    }

    func noteUsed(_ ids: [UUID]) async throws { state.withLock { $0.used += ids } }
}

/// Clocks that tests turn.
final class TestTime: Sendable {
    private let passed = Mutex(Duration.zero)
    let start = ContinuousClock.now
    let date = Date(timeIntervalSince1970: 1_800_000_000)

    func advance(_ duration: Duration) { passed.withLock { $0 += duration } }
    var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
    var today: Date { date.addingTimeInterval(passed.withLock { Double($0.components.seconds) }) }
}

@Suite("The ring of known keys")
struct KeyRingTests {
    let source = TestKeySource()
    let time = TestTime()
    let secret = KeySecret.random()

    func ring(_ change: (inout KeyRing.Settings) -> Void = { _ in }) -> KeyRing {
        var settings = KeyRing.Settings()
        change(&settings)
        return KeyRing(source, settings: settings, now: { [time] in time.now }, date: { [time] in time.today })
    }

    @Test("The first use asks the store, the next ones do not")
    func remembers() async throws {
        let key = source.add(secret), ring = ring()
        for _ in 0..<3 {
            let principal = try await ring.principal(forKey: secret.text)
            #expect(principal.id == "key:" + key.id.canonical)
            #expect(principal.requesterID == "ada" && principal.persona == .operator && principal.role == "agent")
            #expect(principal.permissions == Role.agent.defaultPermissions)
        }
        #expect(source.questions == 1)
    }

    @Test("Unknown and malformed keys are refused alike; a malformed one does not reach the store")
    func refused() async {
        let ring = ring()
        await #expect(throws: AuthenticationError.refused) { try await ring.principal(forKey: secret.text) }
        await #expect(throws: AuthenticationError.refused) { try await ring.principal(forKey: "hdk_no") }
        #expect(source.questions == 1 && ring.count == 0)
    }

    @Test("With the store away an unknown key is not refused but unanswerable")
    func awayUnknown() async {
        source.isAway = true
        await #expect(throws: AuthenticationError.unavailable) { try await ring().principal(forKey: secret.text) }
    }

    @Test("A known key works for 15 minutes past the last contact, and then is unanswerable")
    func awayKnown() async throws {
        _ = source.add(secret)
        let ring = ring()
        _ = try await ring.principal(forKey: secret.text)
        source.isAway = true
        time.advance(.seconds(900))
        _ = try await ring.principal(forKey: secret.text)
        time.advance(.milliseconds(1))
        await #expect(throws: AuthenticationError.unavailable) { try await ring.principal(forKey: secret.text) }
        source.isAway = false
        _ = try await ring.principal(forKey: secret.text)
    }

    @Test("A refresh that fails is no contact; one that succeeds is")
    func refreshIsContact() async throws {
        _ = source.add(secret)
        let ring = ring()
        _ = try await ring.principal(forKey: secret.text)
        time.advance(.seconds(800))
        try await ring.refresh()
        source.isAway = true
        time.advance(.seconds(800))
        await #expect(throws: TestKeySource.Away.self) { try await ring.refresh() }
        _ = try await ring.principal(forKey: secret.text)
        time.advance(.seconds(101))
        await #expect(throws: AuthenticationError.unavailable) { try await ring.principal(forKey: secret.text) }
    }

    @Test("A revoked key ends with the next refresh")
    func revoked() async throws {
        _ = source.add(secret)
        let ring = ring()
        _ = try await ring.principal(forKey: secret.text)
        source.remove(secret)
        try await ring.refresh()
        await #expect(throws: AuthenticationError.refused) { try await ring.principal(forKey: secret.text) }
    }

    @Test("A role's new permissions come with the next refresh")
    func changedRole() async throws {
        _ = source.add(secret, role: .endUser)
        let ring = ring()
        #expect(try await !ring.principal(forKey: secret.text).may(.ticketsReadAny))
        _ = source.add(secret, role: .admin)
        try await ring.refresh()
        #expect(try await ring.principal(forKey: secret.text).may(.ticketsReadAny))
    }

    @Test("A key ends at its time even while the store is away")
    func expires() async throws {
        _ = source.add(secret, expires: time.date.addingTimeInterval(60))
        let ring = ring()
        _ = try await ring.principal(forKey: secret.text)
        source.isAway = true
        time.advance(.seconds(60))
        await #expect(throws: AuthenticationError.refused) { try await ring.principal(forKey: secret.text) }
    }

    @Test("Refreshing notes the keys used since the last time, once")
    func notesUse() async throws {
        let key = source.add(secret), ring = ring()
        _ = try await ring.principal(forKey: secret.text)
        try await ring.refresh()
        #expect(source.used == [key.id])
        try await ring.refresh()
        #expect(source.used == [key.id])
        _ = try await ring.principal(forKey: secret.text)
        try await ring.refresh()
        #expect(source.used == [key.id, key.id])
    }

    @Test("It remembers no more than it may")
    func bounded() async throws {
        let ring = ring { $0.capacity = 3 }
        for _ in 0..<10 {
            let secret = KeySecret.random()
            _ = source.add(secret)
            _ = try await ring.principal(forKey: secret.text)
        }
        #expect(ring.count == 3)
    }

    @Test("Look-ups of unknown keys are bounded")
    func boundedLookups() async {
        await #expect(throws: AuthenticationError.busy) {
            try await ring { $0.lookups = 0 }.principal(forKey: secret.text)
        }
        #expect(source.questions == 0)
    }
}
