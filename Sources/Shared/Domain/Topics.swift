/// The topics of the pipeline. The names are a contract with upstream systems.
public enum Topics {
    /// `ticket.submitted` and `ticket.replied`, from the gateway and upstream systems; read by Triage alone.
    public static let tickets = "helpdesk.tickets"
    /// `enrichment.requested`, from Triage; read by Enrichment.
    public static let enrichments = "helpdesk.enrichments"
    /// `ticket.classified`, `ticket.answered`, `ticket.updated`: every change to a stored ticket.
    public static let changes = "helpdesk.changes"
    /// `ticket.escalated`, `sla.warned`, `sla.breached`, `incident.opened`, `incident.closed`, for notifications and upstream systems.
    public static let escalations = "helpdesk.escalations"
    /// `metric.recorded`, from every stage; read by Metrics.
    public static let metrics = "helpdesk.metrics"

    /// Every topic that is not a dead-letter topic.
    public static let all = [tickets, enrichments, changes, escalations, metrics]

    /// Where what `topic`'s readers cannot handle goes.
    public static func deadLetters(of topic: String) -> String { topic + ".dlq" }

    /// Every topic with its dead-letter topic.
    public static var allWithDeadLetters: [String] { all + all.map(deadLetters(of:)) }
}
