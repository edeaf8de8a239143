import Domain
import Foundation
import Testing

@testable import Policy

@Suite struct SimilarGroupTests {
    /// Every window from one of the times on that holds the ticket itself, the plain way.
    private func plainly(_ similar: RuleCondition.Similar, _ facts: PolicyFacts) -> (requesters: Int, tickets: [TicketID]) {
        let own = SimilarTicket(
            ticket: facts.ticket, requester: facts.requester, state: facts.state, submittedAt: facts.submittedAt, similarity: 1)
        let candidates =
            facts.similar.filter { $0.ticket != own.ticket && $0.state.isOpen && $0.similarity >= similar.similarity } + [own]
        var best = (requesters: 1, tickets: [own.ticket])
        for start in Set(candidates.map(\.submittedAt)).sorted() {
            let inside = candidates.filter { (0...Double(similar.within)).contains($0.submittedAt.timeIntervalSince(start)) }
            let requesters = Set(inside.map(\.requester)).count
            if inside.contains(own), requesters > best.requesters { best = (requesters, inside.map(\.ticket).sorted()) }
        }
        return best
    }

    @Test func `the earliest of the windows with the most requesters is found`() {
        var random = Seeded(7)
        for _ in 0..<400 {
            let facts = PolicyFacts.quiet { facts in
                facts.similar = (0..<Int.random(in: 0...12, using: &random)).map { number in
                    SimilarTicket(
                        ticket: ticketID(100 + number), requester: "r\(Int.random(in: 0...4, using: &random))",
                        state: random.pick([.triaged, .triaged, .resolved]),
                        submittedAt: facts.submittedAt.addingTimeInterval(Double(Int.random(in: -8...8, using: &random) * 300)),
                        similarity: random.pick([0.5, 0.6, 1]))
                }
            }
            let condition = RuleCondition.Similar(requesters: 3, within: 1800, similarity: 0.6)
            let (found, expected) = (condition.group(in: facts), plainly(condition, facts))
            #expect(found.requesters == expected.requesters && found.tickets == expected.tickets)
        }
    }

    /// It is asked several times for each event while its ticket is locked: looking at each of the neighbours for each of them took most of Escalation's time.
    @Test(.timeLimit(.minutes(1))) func `ten thousand look-alikes are no matter of seconds`() {
        let facts = PolicyFacts.quiet { facts in
            facts.similar = (0..<10_000).map { number in
                SimilarTicket(
                    ticket: ticketID(100 + number), requester: "r\(number)", state: .triaged,
                    submittedAt: facts.submittedAt.addingTimeInterval(Double(number % 1800) / 2), similarity: 1)
            }
        }
        #expect(RuleCondition.Similar(requesters: 3, within: 1800, similarity: 0.6).group(in: facts).requesters == 10_001)
    }
}
