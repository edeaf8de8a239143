import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore

/// The least that a JSON service on this server library can do: it decodes a ticket, and encodes it again.
struct EchoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo", abstract: "Serve POST / on loopback: decode a ticket from JSON, answer it as JSON.")

    @Option(help: "The port.")
    var port: Int

    struct Ticket: Codable, ResponseEncodable {
        struct Person: Codable {
            var id: String?
            var name: String?
            var email: String?
        }

        var requester: Person?
        var persona: String?
        var channel: String?
        var subject: String
        var body: String
        var course: String?
        var module: String?
    }

    func run() async throws {
        let router = Router()
        router.post("/v1/tickets") { request, context in try await request.decode(as: Ticket.self, context: context) }
        var logger = Logger(label: "echo")
        logger.logLevel = .warning
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            logger: logger)
        try await application.runService()
    }
}
