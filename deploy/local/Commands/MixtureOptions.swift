import ArgumentParser

/// The mixture of a feed as options.
struct MixtureOptions: ParsableArguments {
    @Option(help: "Share of events sent twice, at once or later (0 to 1).")
    var duplicates = 0.02
    @Option(help: "Share of tickets replaced by records that are no tickets (0 to 1).")
    var poison = 0.01
    @Option(help: "Share of tickets with a reply, a third of which come before their ticket (0 to 1).")
    var replies = 0.2
    @Option(help: "Share of tickets submitted through the gateway (0 to 1).")
    var gateway = 0.1
    @Option(help: "Share of tickets that an upstream system sends late, with event times in the last six days (0 to 1).")
    var past = 0.6
    @Option(help: "Share of tickets whose requester says twice that the steps failed (0 to 1).")
    var failures = 0.05
    @Option(help: "Share of tickets in a language that is not supported (0 to 1).")
    var foreign = 0.05
    @Option(help: "Share of tickets that several people report within minutes (0 to 1).")
    var bursts = 0.01
    @Option(help: "Seed of the mixture; the same seed mixes alike.")
    var seed: UInt64 = 1

    func validate() throws {
        let shares = [
            ("duplicates", duplicates), ("poison", poison), ("replies", replies), ("gateway", gateway), ("past", past), ("failures", failures),
            ("foreign", foreign), ("bursts", bursts)
        ]
        for (name, share) in shares where !(0...1).contains(share) {
            throw ValidationError("--\(name): expected a share from 0 to 1, found \(share)")
        }
    }

    var mixture: FeedMixture {
        FeedMixture(
            duplicates: duplicates, poison: poison, replies: replies, gateway: gateway, past: past, failures: failures, foreign: foreign,
            bursts: bursts)
    }
}
