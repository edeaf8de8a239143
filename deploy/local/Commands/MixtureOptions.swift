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
    @Option(help: "Seed of the mixture; the same seed mixes alike.")
    var seed: UInt64 = 1

    func validate() throws {
        for (name, share) in [("duplicates", duplicates), ("poison", poison), ("replies", replies), ("gateway", gateway)]
        where !(0...1).contains(share) {
            throw ValidationError("--\(name): expected a share from 0 to 1, found \(share)")
        }
    }

    var mixture: FeedMixture {
        FeedMixture(duplicates: duplicates, poison: poison, replies: replies, gateway: gateway)
    }
}
