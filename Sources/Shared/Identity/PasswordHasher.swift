import Dispatch
import Synchronization

/// More passwords are being checked than this process takes on at once.
public struct PasswordHasherBusy: Error, Sendable {}

/// Makes and checks the hashes of passwords on threads of its own: never on an event loop, never on the cooperative pool, and a bounded number at
/// once, since each takes tens of megabytes.
public final class PasswordHasher: Sendable {
    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var derivations = 0
    }

    public let cost: PasswordCost
    private let concurrency: Int
    private let queueLimit: Int
    private let queue = DispatchQueue(label: "identity.passwords", qos: .utility, attributes: .concurrent)
    private let state = Mutex(State())
    /// What is checked where there is nothing to check, so that nobody learns which logins exist from the time an answer takes.
    private let decoy: PasswordHash

    /// - Parameters:
    ///   - concurrency: most hashes computed at once.
    ///   - queueLimit: most that wait for their turn.
    public init(cost: PasswordCost = .standard, concurrency: Int = 2, queueLimit: Int = 64) throws {
        self.cost = cost
        self.concurrency = concurrency
        self.queueLimit = queueLimit
        // Never equal to what is derived, up to one chance in 2^256.
        let salt = Self.salt(), noise = Self.salt() + Self.salt()
        guard let decoy = PasswordHash("$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Base64URL.encode(salt))$\(Base64URL.encode(noise))") else {
            throw PasswordHasherBusy()
        }
        self.decoy = decoy
    }

    /// Hashes computed since the start: what a test compares instead of the clock.
    public var derivations: Int { state.withLock { $0.derivations } }

    /// A new password as it is kept.
    /// - Throws: `PasswordHasherBusy`.
    public func hash(_ password: String) async throws -> String {
        let cost = cost, salt = Self.salt()
        return try await derive { try PasswordHash(password, cost: cost, salt: salt).text }
    }

    /// A password's hash with a given salt: the same each time, and as dear to guess as any.
    /// - Throws: `PasswordHasherBusy`.
    func fingerprint(_ password: String, salt: [UInt8]) async throws -> [UInt8] {
        let cost = cost
        return try await derive { try PasswordHash(password, cost: cost, salt: salt).hash }
    }

    /// Whether the password is the one that is kept. Without one, the answer is no, after the same work.
    /// - Throws: `PasswordHasherBusy`.
    public func matches(_ password: String, _ stored: String?) async throws -> Bool {
        let known = stored.flatMap(PasswordHash.init)
        let hash = known ?? decoy
        let isEqual = try await derive { try hash.matches(password) }
        return isEqual && known != nil
    }

    /// Whether it was made with another cost than is asked for today.
    public func isOutdated(_ stored: String) -> Bool { PasswordHash(stored)?.cost != cost }

    private func derive<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        let mayWait = state.withLock { state in
            guard state.waiting.count < queueLimit else { return false }
            return true
        }
        guard mayWait else { throw PasswordHasherBusy() }
        await enter()
        defer { leave() }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                state.derivations += 1
                guard state.running < concurrency else {
                    state.waiting.append(continuation)
                    return false
                }
                state.running += 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }

    private static func salt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<PasswordHash.saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
