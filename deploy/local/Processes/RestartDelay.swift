/// How long a process that ended by itself stays down: doubling while it keeps ending soon, short again once it has lived a while.
struct RestartDelay: Sendable, Hashable {
    static let shortest: Duration = .milliseconds(200)
    static let longest: Duration = .seconds(3)
    /// A life this long clears the record.
    static let goodLife: Duration = .seconds(5)

    private(set) var next: Duration = shortest

    /// The wait after a life of this length.
    mutating func after(life: Duration) -> Duration {
        if life >= Self.goodLife { next = Self.shortest }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}
