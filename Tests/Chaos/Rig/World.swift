import AsyncHTTPClient
import Foundation
import HelpdeskLocal
import NIOCore
import NIOHTTP1

/// The world outside the pipeline, a Python program that feeds, watches and judges without a line of the pipeline's code.
struct World: Sendable {
    /// How far it is.
    struct Status: Codable, Sendable {
        /// Events sent so far, and how many of them were acknowledged.
        var fed = 0
        var acknowledged = 0
        /// Waiting for the workers, so that the broker drops nothing unread.
        var isPaused = false
        /// Records that nobody has committed as read, over all groups.
        var lag = 0
        /// Tickets in the database.
        var stored = 0
        /// For how long the probe has been on its way that has been so longest, in seconds.
        var oldest = 0.0
        /// What makes the run worthless, in words.
        var failure: String?
    }

    let url: String

    func status() async throws -> Status { try await ask("status", [:]) }

    /// Begins to feed.
    func feed(count: Int, rate: Double) async throws { try await tell("feed", ["count": .number(Double(count)), "rate": .number(rate)]) }

    /// Goes on at another rate.
    func hurry(rate: Double) async throws { try await tell("hurry", ["rate": .number(rate)]) }

    /// Notes that fault `number` begins or ended; tickets sent from its beginning until the next one's are its own.
    func began(_ number: Int, _ name: String, recovery: Duration, allowsDeadLetters: Bool) async throws {
        try await tell(
            "began",
            [
                "number": .number(Double(number)), "name": .text(name), "recovery": .number(recovery / .seconds(1)),
                "allows_dead_letters": .flag(allowsDeadLetters)
            ])
    }

    /// The fault under way, which had to wait for its moment or strikes more than once, strikes: recovery is counted from the last blow.
    func struck() async throws { try await tell("struck", [:]) }

    func ended(_ number: Int, note: String, isMissed: Bool) async throws {
        try await tell("ended", ["number": .number(Double(number)), "note": .text(note), "missed": .flag(isMissed)])
    }

    /// Sends something special. What there is stands in `World/__main__.py`.
    func special(_ name: String, _ arguments: [String: Argument] = [:], limit: Duration = .seconds(60)) async throws {
        try await tell("special/\(name)", arguments, limit: limit)
    }

    /// Tickets that the feed sent a while ago.
    func recentTickets(_ count: Int) async throws -> [UUID] {
        struct Answer: Decodable { let tickets: [UUID] }
        return try await (ask("special/recent", ["count": .number(Double(count))]) as Answer).tickets
    }

    /// Ends the feed, and waits until everything has come to rest or `limit` is over.
    func rest(within limit: Duration) async throws {
        try await tell("rest", ["limit": .number(limit / .seconds(1))])
        _ = try await outcome("rested", within: limit + .seconds(60))
    }

    /// Judges. Nothing may fire timers any more.
    /// - Returns: the verdict as JSON.
    func judge() async throws -> Data {
        try await tell("judge", ["limit": .number(60)])
        return try await outcome("verdict", within: .seconds(600))
    }

    /// What a long piece of work came to, once it is done.
    private func outcome(_ path: String, within limit: Duration) async throws -> Data {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let data = try await data(path, [:], limit: .seconds(60))
            // An empty object until it is there.
            if data.count > 2 { return data }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw LocalError("no_verdict", "the world has no answer (\(path)) after \(limit)", next: "See world.log.")
    }

    enum Argument: Encodable, Sendable {
        case number(Double)
        case text(String)
        case flag(Bool)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            case .flag(let flag): try container.encode(flag)
            }
        }
    }

    private func tell(_ path: String, _ body: [String: Argument], limit: Duration = .seconds(30)) async throws {
        _ = try await data(path, body, limit: limit)
    }

    private func ask<Answer: Decodable>(_ path: String, _ body: [String: Argument]) async throws -> Answer {
        try JSONDecoder().decode(Answer.self, from: await data(path, body, limit: .seconds(30)))
    }

    private func data(_ path: String, _ body: [String: Argument], limit: Duration) async throws -> Data {
        var request = HTTPClientRequest(url: "\(url)/\(path)")
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(limit.components.seconds + 1))
        let answer = try await response.body.collect(upTo: 256 << 20)
        guard response.status == .ok else {
            throw LocalError("world", "the world refused \(path): \(String(buffer: answer).prefix(2000))", next: "See world.log.")
        }
        return Data(answer.readableBytesView)
    }
}
