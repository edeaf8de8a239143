import Domain
import Foundation
import Logging
import Postgres

/// What `up` prints at last: what to copy, what to look at, what to run next.
struct WhereToLook: Sendable {
    let addresses: StackAddresses
    let directory: LocalDirectory
    /// What became of the ticket that was followed; nil: none was.
    var journey: Journey?
    var isDatabasePrivate = true

    /// As this process was called, so that what is printed can be copied.
    private var helpdesk: String { CommandLine.arguments.first ?? "helpdesk" }

    func text() async -> String {
        let tickets = "\(addresses.gatewayURL)/v1/tickets"
        let authorization = "-H 'Authorization: Bearer \(addresses.apiKey)'"
        var text = """

            Where to look
              Submit a ticket of your own and see what becomes of it:
                curl -s '\(tickets)' \(authorization) \\
                  -H 'Content-Type: application/json' -H 'Prefer: wait=5' \\
                  -d '{"subject":"VM frozen","body":"My lab VM lab-12-vm3 is frozen since 10:15.","requester":{"id":"me"}}'

            """
        text += """
              Everything that the gateway takes, in a browser: \(addresses.gatewayURL)/docs (authorise with the key above)
              Accounts, roles and the work of agents, step by step: docs/gateway.md

            """
        if let journey {
            text += "  The way of one ticket, \(journey.ticket.canonical), on this machine a moment ago:\n"
            for line in journey.lines { text += "    \(line)\n" }
        }
        if let ticket = try? await sample() {
            text += """
                  \(journey == nil ? "One that was classified" : "What was decided about it"): "\(ticket.subject)" -> \(ticket.labels)
                    because
                \(ticket.reasons.map { "      \($0)" }.joined(separator: "\n"))
                    curl -s '\(tickets)/\(ticket.id)' \(authorization)
                    curl -s '\(tickets)/\(ticket.id)/why' \(authorization)

                """
        }
        text += """
              The reports that dashboards read:
                psql \(database) -c 'SELECT hour, sum(tickets) AS tickets FROM reporting.tickets_hourly GROUP BY hour ORDER BY hour DESC LIMIT 12'
                psql \(database) -c 'SELECT * FROM reporting.sla_events_daily ORDER BY day DESC, target, severity'

            """
        let commands = [
            ("\(helpdesk) status", "what runs, with pids, ports and lag"),
            ("\(helpdesk) verify", "was anything lost or doubled?"),
            ("\(helpdesk) torture --seconds 60", "kills processes under load, then verifies"),
            ("eval \"$(\(helpdesk) env)\"", "addresses and key for kcat, psql and curl"),
            ("\(helpdesk) down", "or Control-C here")
        ]
        let width = (commands.map(\.0.count).max() ?? 0) + 2
        text += "  Next:\n"
        for (command, meaning) in commands {
            text += "    \(command)\(String(repeating: " ", count: width - command.count))\(meaning)\n"
        }
        return text + "  Logs: \(directory.logs)\n"
    }

    /// What names the database to psql. One of somebody else's may have a password in its address.
    private var database: String { isDatabasePrivate ? "'\(addresses.databaseURL)'" : "\"$DATABASE_URL\"" }

    private struct Sample: Sendable {
        let id: String
        let subject: String
        let labels: String
        let reasons: [String]
    }

    /// The ticket that was followed, else one that a rule had a word in, if there is one.
    private func sample() async throws -> Sample? {
        // Without one, an id that nobody has.
        let followed = journey?.ticket ?? UUID()
        return try await PrivateCluster.withPool(addresses.databaseURL) { pool in
            let rows = try await pool.query(
                """
                SELECT t.id::text, t.subject, t.category || ', tier ' || t.tier || ', ' || t.severity || ', language ' || t.language, c.reasons
                FROM helpdesk.tickets t JOIN helpdesk.classifications c ON c.ticket_id = t.id AND c.revision = t.revision
                WHERE t.version > 0 ORDER BY t.id = \(followed) DESC, (t.category_source = 'rule') DESC, t.severity = 'high' DESC, t.submitted_at DESC LIMIT 1
                """)
            return try rows.first.map {
                let reasons = try $0.decode(JSONB.self, at: 3).decode([Reason].self)
                return Sample(
                    id: try $0.decode(at: 0), subject: try $0.decode(at: 1), labels: try $0.decode(at: 2),
                    reasons: reasons.map { "\($0.subject.rawValue) \($0.value), by \($0.rule): \($0.evidence)" })
            }
        }
    }
}
