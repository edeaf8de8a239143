import Foundation
import Stores

/// A report for people, in plain text.
enum ReportText {
    /// - Parameter now: says whether the period is over.
    static func render(_ report: Report, now: Date) -> String {
        var lines = [header(report, now: now), ""]
        lines.append("Tickets submitted    \(report.tickets)")
        lines.append("Messages             \(total(report.messages))\(details(report.messages))")
        lines.append("Classifications      \(total(report.classifications))\(details(report.classifications))")
        lines.append("Guardrail hits       \(total(report.guardrailHits))\(details(report.guardrailHits))")
        lines.append("Reopenings           \(report.reopenings)")
        lines.append("")
        lines += TextTable.lines(
            ["First response", "count", "average", "p50", "p95"],
            ["any", "human"].compactMap { who in report.firstResponse[who].map { [who] + latency($0) } }, empty: "none")
        lines.append("")
        lines += TextTable.lines(
            ["Answers", "count", "share"],
            byCount(report.answers).map { [$0.key, "\($0.value)", share($0.value, of: total(report.answers))] }, empty: "none")
        lines.append("")
        lines += TextTable.lines(
            ["Escalations by rule", "count"], byCount(report.escalations).map { [$0.key, "\($0.value)"] }, empty: "none")
        lines.append("  of the tickets submitted: \(report.escalatedTickets) (\(share(report.escalatedTickets, of: report.tickets)))")
        lines.append("")
        lines += TextTable.lines(
            ["SLA", "due", "kept", "attainment", "warnings", "breaches"], report.sla.map(target), empty: "nothing due")
        if !report.incidents.isEmpty {
            lines.append("")
            lines += TextTable.lines(["Incidents by rule", "count"], byCount(report.incidents).map { [$0.key, "\($0.value)"] }, empty: "")
        }
        lines.append("")
        lines += TextTable.lines(
            ["Language models", "calls", "tokens in", "tokens out", "cost", "average", "p95"], report.models.map(model), empty: "no calls")
        if let breakdown = report.breakdown {
            lines.append("")
            lines += TextTable.lines(
                ["By \(breakdown.by.rawValue)", "tickets", "answered", "escalations"],
                breakdown.rows.map { [$0.value.isEmpty ? "(none)" : $0.value, "\($0.tickets)", "\($0.answered)", "\($0.escalations)"] },
                empty: "none")
        }
        return lines.joined(separator: "\n")
    }

    private static func header(_ report: Report, now: Date) -> String {
        let first = RFC3339Day.text(report.from), last = RFC3339Day.text(report.until.addingTimeInterval(-1))
        let days = first == last ? first : "\(first) to \(last)"
        return "Help desk report: \(days), days of \(report.timeZone)\(report.until > now ? " (not over yet)" : "")"
    }

    private static func total(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }

    /// The largest first.
    private static func byCount(_ counts: [String: Int]) -> [(key: String, value: Int)] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    }

    private static func details(_ counts: [String: Int]) -> String {
        counts.isEmpty ? "" : "  (" + byCount(counts).map { "\($0.key) \($0.value)" }.joined(separator: ", ") + ")"
    }

    static func share(_ part: Int, of whole: Int) -> String {
        whole == 0 ? "-" : number(Double(part) / Double(whole) * 100, digits: 1) + " %"
    }

    private static func latency(_ latency: Report.Latency) -> [String] {
        ["\(latency.count)", duration(latency.average), duration(latency.p50), duration(latency.p95)]
    }

    private static func target(_ target: Report.Target) -> [String] {
        let kept = target.due - target.breached
        return [target.target, "\(target.due)", "\(kept)", share(kept, of: target.due), "\(target.warnings)", "\(target.breaches)"]
    }

    private static func model(_ model: Report.Model) -> [String] {
        [
            model.model, "\(model.calls)", number(model.tokensIn, digits: 0), number(model.tokensOut, digits: 0), number(model.cost, digits: 4),
            model.seconds.map { duration($0.average) } ?? "-", model.seconds.map { duration($0.p95) } ?? "-"
        ]
    }

    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<60: number(seconds, digits: 1) + " s"
        case ..<3600: number(seconds / 60, digits: 1) + " min"
        case ..<172_800: number(seconds / 3600, digits: 1) + " h"
        default: number(seconds / 86_400, digits: 1) + " d"
        }
    }

    private static func number(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }
}

/// Columns of text: the first to the left, the others to the right.
enum TextTable {
    /// - Parameter empty: the line that stands for no rows.
    static func lines(_ header: [String], _ rows: [[String]], empty: String) -> [String] {
        guard !rows.isEmpty else { return [header[0], "  " + empty] }
        let rows = [header] + rows.map { ["  " + $0[0]] + $0.dropFirst() }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let gap = String(repeating: " ", count: widths[column] - text.count)
                return column == 0 ? text + gap : gap + text
            }.joined(separator: "  ")
        }
    }
}
