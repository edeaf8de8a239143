import Foundation

/// The way of one ticket through the stages, by the clocks that the stages themselves stored.
struct Journey: Sendable, Hashable {
    struct Stop: Sendable, Hashable {
        /// What was done.
        let name: String
        /// When it was stored.
        let at: Date
        /// What came of it.
        let detail: String
    }

    let ticket: UUID
    let submittedAt: Date
    var stops: [Stop]
    /// What has not happened, in words.
    var missing: [String]
    /// From submission until all of it could be read by others, by this process's clock; nil while something is missing.
    var visibleAfter: Duration?

    /// One line for each stop, with the milliseconds since the submission.
    var lines: [String] {
        let width = (["submitted"] + stops.map(\.name)).map(\.count).max() ?? 0
        func line(_ name: String, _ at: Date, _ detail: String) -> String {
            let milliseconds = "\(Int((at.timeIntervalSince(submittedAt) * 1000).rounded()))"
            return "\(name.padded(to: width))  \(String(repeating: " ", count: max(0, 6 - milliseconds.count)))\(milliseconds) ms  \(detail)"
        }
        var lines = [line("submitted", submittedAt, "the gateway took it")]
        lines += stops.sorted { $0.at < $1.at }.map { line($0.name, $0.at, $0.detail) }
        if let visibleAfter { lines.append("all of it could be read \(Int(visibleAfter / .milliseconds(1))) ms after the submission") }
        if !missing.isEmpty { lines.append("not yet: \(missing.joined(separator: ", "))") }
        return lines
    }
}
