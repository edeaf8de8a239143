import Foundation

/// Shows how a stack stands: redrawn in place at a terminal, a plain line now and then elsewhere.
struct LiveView {
    private let isInteractive: Bool
    private var previous: Snapshot?
    private var drawnLines = 0
    private var nextLineAt = ContinuousClock.now
    private let began = ContinuousClock.now
    /// Between plain lines.
    var interval: Duration = .seconds(5)

    init(isInteractive: Bool = Terminal.isInteractive) { self.isInteractive = isInteractive }

    /// How long to wait before the next look.
    var pause: Duration { isInteractive ? .milliseconds(500) : .seconds(1) }

    mutating func show(_ snapshot: Snapshot, _ feed: FeedCounts?) {
        defer { previous = snapshot }
        if isInteractive {
            let lines = Self.block(snapshot, since: previous, feed, elapsed: snapshot.at - began).map { Self.fitted($0, to: Terminal.width - 1) }
            // Up to where the last drawing began, then each line anew.
            var text = drawnLines > 0 ? "\u{1B}[\(drawnLines)A" : ""
            for line in lines { text += "\r\u{1B}[2K\(line)\n" }
            Terminal.write(text + "\u{1B}[0J")
            drawnLines = lines.count
        } else if snapshot.at >= nextLineAt {
            nextLineAt = snapshot.at + interval
            Terminal.print(Self.line(snapshot, feed))
        }
    }

    /// Takes what was drawn off the screen, so that other text can be printed.
    mutating func clear() {
        if isInteractive, drawnLines > 0 { Terminal.write("\u{1B}[\(drawnLines)A\u{1B}[0J") }
        drawnLines = 0
    }

    /// Says something above the view.
    mutating func say(_ line: String) {
        clear()
        Terminal.print(line)
    }

    // MARK: Text

    static func block(_ now: Snapshot, since last: Snapshot?, _ feed: FeedCounts?, elapsed: Duration) -> [String] {
        var lines: [String] = []
        let rate = Self.rate(now, last)
        let counts = now.counts
        lines.append("help desk, up for \(elapsed.components.seconds) s" + (rate.map { "   \($0) tickets/s" } ?? ""))
        if let feed {
            lines.append(
                "  fed      \(feed.tickets) tickets: \(feed.published) records, \(feed.posted) submissions"
                    + (feed.isPaused ? ", paused: waiting for the workers" : "") + (feed.unknown > 0 ? ", \(feed.unknown) unanswered" : ""))
        }
        lines.append("  unread   " + (now.lag.map { "\($0) records" } ?? "the broker does not answer"))
        if let counts {
            lines.append("  stored   \(counts.tickets) tickets, \(counts.messages) replies, \(counts.needsHuman) for a human")
            lines.append("  rest     \(counts.dead) dead letters, \(counts.parked) parked, \(counts.outbox) in the outbox")
            lines.append("  language \(counts.languages.joined(separator: ", "))")
        } else {
            lines.append("  stored   the database does not answer")
        }
        let processes = now.processes.map { "\($0.name) \($0.identity.map { "\($0.pid)" } ?? $0.state.rawValue)" }
        lines.append("  running  \(processes.joined(separator: ", "))")
        return lines
    }

    static func line(_ now: Snapshot, _ feed: FeedCounts?) -> String {
        var parts: [String] = []
        if let feed { parts.append("fed=\(feed.tickets)\(feed.isPaused ? " (paused)" : "")") }
        parts.append("lag=\(now.lag.map(String.init) ?? "?")")
        if let counts = now.counts {
            parts.append("tickets=\(counts.tickets) replies=\(counts.messages) dead=\(counts.dead) parked=\(counts.parked) outbox=\(counts.outbox)")
        } else {
            parts.append("database=away")
        }
        let down = now.processes.filter { $0.identity == nil }.map(\.name)
        if !down.isEmpty { parts.append("down=\(down.joined(separator: ","))") }
        return parts.joined(separator: " ")
    }

    private static func rate(_ now: Snapshot, _ last: Snapshot?) -> Int? {
        guard let last, let new = now.counts?.tickets, let old = last.counts?.tickets, now.at > last.at else { return nil }
        return Int((Double(new - old) / ((now.at - last.at) / .seconds(1))).rounded())
    }

    static func fitted(_ line: String, to width: Int) -> String {
        line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"
    }
}
