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
            On the first day, with DATABASE_URL set:
              ingest init-db          make or update the tables
              ingest seed-roles       make the roles admin, agent and end_user
              ingest create-admin --login ada
                                      make the first administrator
              ingest create-key --name Portal --role agent --requester portal
                                      print a key for a client, once

            Then, and on every other day, with KAFKA_BROKERS set too:
              ingest serve

            Every setting is an argument (--database-url), an environment variable
            (DATABASE_URL) or an entry of a YAML file (--config), in that order.
            `ingest serve --help` lists them.
            """,
        subcommands: [
            Serve.self, InitDatabase.self, SeedRoles.self, CreateKey.self, ListKeys.self, RevokeKey.self, CreateAdmin.self, RenewSigningKeys.self
        ],
        defaultSubcommand: Serve.self)
}
