import Foundation

/// How long to wait before the next attempt.
struct RetryDelay: Sendable {
    var longest: Duration

    /// Doubles from half a second, bounded; the jitter (0 to 1) takes up to half of it away, so that callers do not return together.
    /// What the endpoint asks for is the least. Nil when that is longer than we wait.
    func next(after attempt: Int, asked: Duration?, jitter: Double) -> Duration? {
        if let asked, asked > longest { return nil }
        let backoff = min(Duration.milliseconds(500) * (1 << min(max(attempt - 1, 0), 16)), longest)
        return max(backoff * (1 - 0.5 * min(max(jitter, 0), 1)), asked ?? .zero)
    }

    /// A `Retry-After` header: whole seconds or an HTTP date (RFC 9110, 10.2.3). Nil for anything else; bounded to a day.
    static func read(_ header: String?, now: Date) -> Duration? {
        guard let text = header?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return .seconds(min(Int(text) ?? 86400, 86400)) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        guard let date = format.date(from: text) else { return nil }
        return .seconds(min(max(0, date.timeIntervalSince(now)), 86400))
    }
}
