import Launch

/// So many requests within so long: a bucket of that many tokens that refills evenly within that time.
struct Quota: Sendable, Hashable, CustomStringConvertible {
    let requests: Int
    let window: Duration

    /// Reads `300/10s`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let requests = Int(parts[0]), (1...1_000_000_000).contains(requests),
            let window = DurationText.parse(String(parts[1])), window >= .seconds(1), window <= .seconds(86_400)
        else { return nil }
        self.init(requests: requests, window: window)
    }

    init(requests: Int, window: Duration) {
        self.requests = requests
        self.window = window
    }

    var description: String { "\(requests)/\(DurationText.format(window))" }

    /// Whole seconds, for headers.
    var seconds: Int { max(1, Int(window.components.seconds)) }
}

extension ConfigurationType<Quota?> {
    /// A quota, or `off`.
    static var quota: ConfigurationType {
        .custom(
            expected: "a quota such as 300/10s (requests in a time of 1s to 1d), or off", placeholder: "N/TIME",
            format: { $0?.description ?? "off" }, parse: { $0 == "off" ? .some(nil) : Quota($0).map { $0 } })
    }
}
