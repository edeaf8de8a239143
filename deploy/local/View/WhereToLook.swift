import Foundation
import Logging
import Postgres

/// What `up` prints at last: what to copy, what to look at, what to run next.
struct WhereToLook: Sendable {
    let addresses: StackAddresses
    let directory: LocalDirectory

    func text() async -> String {
        let url = addresses.gatewayURL
        var text = """

            Where to look
              Submit a ticket of your own:
                curl -s '\(url)/v1/tickets?' -H 'Authorization: Bearer \(addresses.apiKey)' -H 'Content-Type: application/json' \\
                  -d '{"subject":"VM frozen","body":"My lab VM lab-12-vm3 is frozen since 10:15.","requester":{"id":"me"}}'

            """
            .replacing("/v1/tickets?", with: "/v1/tickets")
        if let ticket = try? await sample() {
            text += """
                  One that was classified: \(ticket.id)
                    "\(ticket.subject)" -> \(ticket.labels)
                    because \(ticket.reasons)
                    curl -s \(url)/v1/tickets/\(ticket.id) -H 'Authorization: Bearer \(addresses.apiKey)'

                """
        }
        text += """
              Next:
                helpdesk status               what runs, with pids, ports and lag
                helpdesk verify               was anything lost or doubled?
                helpdesk torture --seconds 60 kills processes under load, then verifies
                eval "$(helpdesk env)"        for kcat, psql and curl
                helpdesk down                 or Control-C here
              Logs: \(directory.logs)

            """
        return text
    }

    private struct Sample: Sendable {
        let id: String
        let subject: String
        let labels: String
        let reasons: String
    }

    /// A ticket that a rule had a word in, if there is one.
    private func sample() async throws -> Sample? {
        try await PrivateCluster.withPool(addresses.databaseURL) { pool in
            let rows = try await pool.query(
                """
                SELECT t.id::text, t.subject, t.category || ', tier ' || t.tier || ', ' || t.severity || ', language ' || t.language,
                left(c.reasons::text, 300)
                FROM helpdesk.tickets t JOIN helpdesk.classifications c ON c.ticket_id = t.id AND c.revision = t.revision
                WHERE t.version > 0 ORDER BY (t.category_source = 'rule') DESC, t.severity = 'high' DESC, t.submitted_at DESC LIMIT 1
                """)
            return try rows.first.map {
                Sample(
                    id: try $0.decode(at: 0), subject: try $0.decode(at: 1), labels: try $0.decode(at: 2), reasons: try $0.decode(at: 3))
            }
        }
    }
}
