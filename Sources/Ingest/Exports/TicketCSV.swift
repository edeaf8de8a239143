import Domain

/// Tickets as lines of CSV: what `TicketView` holds, in columns.
enum TicketCSV {
    private static let columns: [(name: String, cell: @Sendable (Ticket) -> String)] = [
        ("id", { CSVText.bare($0.id) }), ("version", { CSVText.bare($0.version) }), ("state", { CSVText.bare($0.state.rawValue) }),
        ("requester", { CSVText.cell($0.requester.id) }), ("requesterName", { CSVText.cell($0.requester.name ?? "") }),
        ("requesterEmail", { CSVText.cell($0.requester.email ?? "") }), ("persona", { CSVText.bare($0.persona.rawValue) }),
        ("channel", { CSVText.cell($0.channel) }), ("subject", { CSVText.cell($0.subject) }), ("body", { CSVText.cell($0.body) }),
        ("course", { CSVText.cell($0.course ?? "") }), ("module", { CSVText.cell($0.module ?? "") }), ("language", { CSVText.cell($0.language) }),
        ("category", { CSVText.cell($0.category.value) }), ("categorySource", { CSVText.bare($0.category.source.rawValue) }),
        ("tier", { CSVText.bare($0.tier.value.rawValue) }), ("tierSource", { CSVText.bare($0.tier.source.rawValue) }),
        ("severity", { CSVText.bare($0.severity.value.rawValue) }), ("severitySource", { CSVText.bare($0.severity.source.rawValue) }),
        ("confidence", { CSVText.bare($0.confidence) }), ("needsHuman", { CSVText.bare($0.needsHuman) }),
        ("guardrails", { CSVText.cell($0.guardrails) }), ("revision", { CSVText.bare($0.revision) }),
        ("failedAttempts", { CSVText.bare($0.failedAttempts) }), ("messageCount", { CSVText.bare($0.messageCount) }),
        ("source", { CSVText.cell($0.source) }), ("submittedAt", { CSVText.bare(RFC3339.string($0.submittedAt)) }),
        ("updatedAt", { CSVText.bare(RFC3339.string($0.updatedAt)) }), ("cycle", { CSVText.bare($0.cycle) }),
        ("mergedInto", { CSVText.bare($0.mergedInto?.description ?? "") })
    ]

    /// Those of who works tickets.
    private static let staffColumns: [(name: String, cell: @Sendable (Ticket) -> String)] = [
        ("assignee", { CSVText.cell($0.assignee ?? "") }), ("tags", { CSVText.cell($0.tags) }), ("watchers", { CSVText.cell($0.watchers) })
    ]

    static func header(forStaff: Bool) -> String { CSVText.line((columns + (forStaff ? staffColumns : [])).map(\.name)) }

    static func line(_ ticket: Ticket, forStaff: Bool) -> String { CSVText.line((columns + (forStaff ? staffColumns : [])).map { $0.cell(ticket) }) }
}
