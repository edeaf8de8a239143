import ArgumentParser
import Launch

@main
struct Main {
    static func main() async {
        await Ingest.launch(keys: IngestKeys.all, explain: Explanation.reason)
    }
}

/// `ingest`: the gateway and what belongs to its first day.
struct Ingest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "The help desk's HTTP gateway.",
        discussion: """
            On the first day:
              ingest init-db --database-url postgresql://...        make or update the tables
              ingest seed-roles --database-url postgresql://...     make the roles admin, agent and end_user
              ingest create-key --name "Campus portal" --role agent --requester portal --database-url ...
                                                                    print a key for clients, once
            Then, and on every other day:
              ingest serve --database-url postgresql://... --kafka-brokers host:9092

            Every setting is an argument, an environment variable (DATABASE_URL, KAFKA_BROKERS, HTTP_PORT) or an entry of a YAML \
            file (--config), in that order. `ingest serve --help` lists them.
            """,
        subcommands: [Serve.self, InitDatabase.self, SeedRoles.self, CreateKey.self, ListKeys.self, RevokeKey.self],
        defaultSubcommand: Serve.self)
}
