import Synchronization

/// Token buckets, one for each key (an account, an address). A bucket is one number, the instant at which it will be full again (the generic
/// cell rate algorithm); a full bucket is not kept at all.
///
/// Memory is bounded: with more keys than there is room for, the newcomers share one bucket until others have filled up again. Known ones
/// keep their own, so that a flood from ever new addresses slows down the flood, and not those who were there before.
final class RateLimiter<Key: Hashable & Sendable>: Sendable {
    struct Verdict: Sendable, Equatable {
        let isAllowed: Bool
        /// Requests left at this instant.
        let remaining: Int
        /// Seconds until the bucket is full again, rounded up.
        let reset: Int
        /// Seconds until the next request will be allowed, rounded up; 0 when it is now.
        let retryAfter: Int
    }

    private struct Shard {
        /// When each bucket will be full.
        var full: [Key: ContinuousClock.Instant] = [:]
        var shared: ContinuousClock.Instant?
        /// Before this, looking for full buckets finds too few to be worth it.
        var nextSweep: ContinuousClock.Instant?
    }

    /// As RateLimit-Policy names it.
    let name: String
    let quota: Quota
    /// The value of RateLimit-Policy.
    let policy: String
    private let interval: Duration
    private let shardCapacity: Int
    private let shards: [ShardBox]

    private final class ShardBox: Sendable {
        let shard = Mutex(Shard())
    }

    /// - Parameter capacity: buckets at most.
    init(_ name: String, _ quota: Quota, capacity: Int = 100_000, shards: Int = 16) {
        self.name = name
        self.quota = quota
        policy = "\"\(name)\";q=\(quota.requests);w=\(quota.seconds)"
        interval = quota.window / quota.requests
        shardCapacity = max(1, capacity / shards)
        self.shards = (0..<shards).map { _ in ShardBox() }
    }

    /// Takes a token.
    func take(_ key: Key, now: ContinuousClock.Instant = .now) -> Verdict {
        // Swift's hashes are seeded anew in each process: nobody can aim at one shard.
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))].shard.withLock { shard in
            var isShared = false
            let full: ContinuousClock.Instant?
            if let known = shard.full[key] {
                full = known
            } else {
                if shard.full.count >= shardCapacity { sweep(&shard, now) }
                isShared = shard.full.count >= shardCapacity
                full = isShared ? shard.shared : nil
            }
            let start = max(full ?? now, now)
            let after = start + interval
            let isAllowed = after - now <= quota.window
            if isAllowed {
                if isShared { shard.shared = after } else { shard.full[key] = after }
            }
            let state = isAllowed ? after : start
            let wait = after - now - quota.window
            return Verdict(
                isAllowed: isAllowed, remaining: max(0, Int((quota.window - (state - now)) / interval)), reset: (state - now).wholeSecondsUp,
                retryAfter: isAllowed ? 0 : max(1, wait.wholeSecondsUp))
        }
    }

    /// Buckets that are kept.
    var count: Int { shards.reduce(0) { $0 + $1.shard.withLock { $0.full.count } } }

    private func sweep(_ shard: inout Shard, _ now: ContinuousClock.Instant) {
        if let next = shard.nextSweep, now < next { return }
        shard.full = shard.full.filter { $0.value > now }
        shard.nextSweep = now + quota.window / 10
    }
}

extension Duration {
    fileprivate var wholeSecondsUp: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) + (attoseconds > 0 ? 1 : 0)
    }
}
