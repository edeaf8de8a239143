import ArgumentParser

/// The whole help desk on one machine.
struct HelpdeskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "helpdesk",
        abstract: "The whole help desk on one machine, to try it out and to break it.",
        discussion: """
            `up` starts a private PostgreSQL cluster, an embedded Kafka-protocol broker, the gateway and the workers, stores the knowledge \
            base, feeds sample tickets and shows what happens. The other commands talk to what `up` runs. \
            State and logs are below .local, the database in a folder of its own below /var/tmp; `down` removes all but the logs.

            KAFKA_BROKERS and DATABASE_URL put a real cluster and a real database in the place of the private ones.
            """,
        subcommands: [
            UpCommand.self, StatusCommand.self, EnvCommand.self, FeedCommand.self, VerifyCommand.self, TortureCommand.self,
            ScaleCommand.self, DownCommand.self, WatchdogCommand.self
        ])
}
