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
        let rates = rates(now, last).map { "   \($0.name) \($0.rate)/s" }.joined()
        lines.append("help desk, up for \(elapsed.components.seconds) s\(rates)")
        if let feed {
            lines.append(
                "  fed       \(feed.tickets) tickets: \(feed.published) records, \(feed.posted) submissions"
                    + (feed.isPaused ? ", paused: waiting for the workers" : "") + (feed.unknown > 0 ? ", \(feed.unknown) unanswered" : ""))
        }
        lines.append(
            "  unread    "
                + (now.lags.map { lags in sorted(lags).map { "\($0.key) \($0.value)" }.joined(separator: ", ") } ?? "the broker does not answer"))
        if let counts = now.counts {
            lines.append("  stored    \(counts.tickets) tickets, \(counts.replies) replies, \(counts.needsHuman) for a human")
            lines.append("  answers   \(counts.answers), of which \(counts.answered) help the requester")
            if now.lags?[.enrichment] != nil { lines.append("  enriched  \(counts.enriched) tickets, \(counts.toEnrich) wait for the model") }
            lines.append(
                "  escalated \(counts.escalations), \(counts.incidents) incidents; SLA: \(counts.warnings) warned, \(counts.breaches) breached")
            lines.append("  rest      \(counts.dead) dead letters, \(counts.parked) parked, \(counts.outbox) in the outbox")
            lines.append("  language  \(counts.languages.joined(separator: ", "))")
        } else {
            lines.append("  stored    the database does not answer")
        }
        let processes = now.processes.map { "\($0.name) \($0.identity.map { "\($0.pid)" } ?? $0.state.rawValue)" }
        lines.append("  running   \(processes.joined(separator: ", "))")
        return lines
    }

    static func line(_ now: Snapshot, _ feed: FeedCounts?) -> String {
        var parts: [String] = []
        if let feed { parts.append("fed=\(feed.tickets)\(feed.isPaused ? " (paused)" : "")") }
        parts.append("lag=" + (now.lags.map { lags in sorted(lags).map { "\($0.key):\($0.value)" }.joined(separator: ",") } ?? "?"))
        if let counts = now.counts {
            parts.append("tickets=\(counts.tickets) replies=\(counts.replies) answers=\(counts.answers)")
            if now.lags?[.enrichment] != nil { parts.append("enriched=\(counts.enriched)") }
            parts.append("escalations=\(counts.escalations) breaches=\(counts.breaches)")
            parts.append("dead=\(counts.dead) parked=\(counts.parked) outbox=\(counts.outbox)")
        } else {
            parts.append("database=away")
        }
        let down = now.processes.filter { $0.identity == nil }.map(\.name)
        if !down.isEmpty { parts.append("down=\(down.joined(separator: ","))") }
        return parts.joined(separator: " ")
    }

    private static func sorted(_ lags: [PipelineConsumer: Int64]) -> [(key: PipelineConsumer, value: Int64)] {
        PipelineConsumer.allCases.compactMap { consumer in lags[consumer].map { (consumer, $0) } }
    }

    private static func rates(_ now: Snapshot, _ last: Snapshot?) -> [(name: String, rate: Int)] {
        guard let last, let new = now.counts, let old = last.counts, now.at > last.at else { return [] }
        let seconds = (now.at - last.at) / .seconds(1)
        return [("tickets", new.tickets - old.tickets), ("answers", new.answers - old.answers), ("escalations", new.escalations - old.escalations)]
            .map { ($0.0, Int((Double($0.1) / seconds).rounded())) }
    }

    static func fitted(_ line: String, to width: Int) -> String {
        line.count <= width ? line : String(line.prefix(max(0, width - 1))) + "…"
    }
}
